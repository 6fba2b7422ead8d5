"""The caption band of every native frame and the crop frames that it serves."""

from __future__ import annotations

import gc
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from captionacc.errors import NoFramesError, NotAVideoError, VideoNotFoundError
from captionacc.media.band import read_band
from captionacc.model.geometry import CropRegion

LOWER_HALF = CropRegion(0, 0.5, 1, 1)
INNER = CropRegion(0.2, 0.3, 0.9, 0.9)
EVERY_100_MS = range(0, 3000, 100)


def _shown_at(times_s: list[float], time_s: float) -> int:
    """The rule in words: the last frame at or before the time, or else the first frame."""
    return max([i for i, pts_s in enumerate(times_s) if pts_s <= time_s + 1e-6], default=0)


def _check_samples(frames, end_s, sample_hz=10):
    times_s = [frame.pts_s for frame in frames]
    served = [(k, frame.native_index) for frame in frames for k in frame.samples]
    assert [k for k, _ in served] == list(range(len(served)))
    assert len(served) == int(np.ceil((end_s - 1e-6) * sample_hz))
    assert all(index == _shown_at(times_s, k / sample_hz) for k, index in served)
    assert all((frame.i420 is not None) == bool(frame.samples) for frame in frames)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(gaps=st.lists(st.integers(1, 700), min_size=0, max_size=12), first=st.integers(0, 300))
def test_crop_frames_are_the_frames_shown(render, gaps, first):
    """Each crop frame k is the native frame on screen at k/10 s, for any frame distances."""
    times = [first + sum(gaps[:i]) for i in range(len(gaps) + 1)]
    reader = read_band(render("vfr.mkv", times), LOWER_HALF)
    frames = list(reader)
    assert [f.pts_s for f in frames] == pytest.approx([(t - first) / 1000 for t in times])
    _check_samples(frames, reader.end_s)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("clip.mp4", {}),
        ("b_frames.mp4", {"options": {"bf": "3", "crf": "4"}}),
        ("clip.mkv", {}),
        ("clip.ts", {}),
        ("clip.webm", {"codec": "libvpx-vp9"}),
        ("clip.gif", {"codec": "gif", "pix_fmt": "rgb8"}),
        ("ten_bit.mp4", {"pix_fmt": "yuv422p10le"}),
        ("444.mp4", {"pix_fmt": "yuv444p"}),
        ("full_range.mp4", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
        ("rgb.mkv", {"codec": "libx264rgb", "pix_fmt": "rgb24"}),
        ("anamorphic.mp4", {"sar": Fraction(4, 3)}),
        ("late.mp4", {"first": 1400}),
        ("late.ts", {"first": 1400}),
    ],
)
def test_every_frame_comes_once_in_order(render, numbers, name, how):
    """Any container, codec and pixel format gives all frames with their times from 0 s."""
    first = how.get("first", 0)
    path = render(
        name, [first + t for t in EVERY_100_MS], **{k: v for k, v in how.items() if k != "first"}
    )
    reader = read_band(path, LOWER_HALF)
    frames = list(reader)
    assert [numbers(frame.luma) for frame in frames] == list(range(30))
    assert [frame.pts_s for frame in frames] == pytest.approx([i / 10 for i in range(30)])
    assert reader.end_s == pytest.approx(3.0, abs=0.02)
    assert not reader.truncated
    assert reader.decode_errors == 0
    _check_samples(frames, reader.end_s)


@pytest.mark.parametrize("options", [{"bf": "0"}, {"bf": "2", "b-adapt": "0"}])
@pytest.mark.parametrize("suffix", ["avi", "h264"])
def test_files_without_presentation_times(render, numbers, suffix, options):
    """AVI and bare H.264 come in the order and at the rate in which they are shown."""
    how = {"tick": Fraction(1, 10), "options": {**options, "crf": "4"}}
    frames = list(read_band(render(f"clip.{suffix}", range(30), **how), LOWER_HALF))
    assert [numbers(frame.luma) for frame in frames] == list(range(30))
    assert [frame.pts_s for frame in frames] == pytest.approx([i / 10 for i in range(30)])


@pytest.mark.parametrize(("rate", "counts"), [(5, {2}), (60, {0, 1})])
def test_slow_and_fast_rates(render, rate, counts):
    """A frame serves several crop frames at 5 frames a second, at most one at 60."""
    times = [round(i * 1000 / rate) for i in range(2 * rate)]
    reader = read_band(render("rate.mp4", times, rate=rate), LOWER_HALF)
    frames = list(reader)
    assert {len(frame.samples) for frame in frames} == counts
    _check_samples(frames, reader.end_s)


def test_one_frame_serves_the_whole_video(render):
    """A single frame is shown from 0 s for its duration."""
    [frame] = read_band(render("one.mp4", [0]), LOWER_HALF)
    assert (frame.native_index, frame.pts_s, frame.samples) == (0, 0.0, range(1))


def test_another_sampling_rate(render):
    """Crop frames can be taken at any rate."""
    reader = read_band(render("clip.mp4", EVERY_100_MS), LOWER_HALF, sample_hz=4)
    _check_samples(list(reader), reader.end_s, sample_hz=4)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "nv12"])
@pytest.mark.parametrize("region", [LOWER_HALF, INNER, CropRegion(0.013, 0.02, 0.51, 0.55)])
def test_fast_path_equals_the_decoded_frame(render, pix_fmt, region):
    """The cut planes are the decoder's own pixels, bit by bit."""
    codec, suffix = ("rawvideo", "nut") if pix_fmt == "nv12" else ("libx264", "mp4")
    path = render(f"clip.{suffix}", [0, 100, 200], codec=codec, pix_fmt=pix_fmt)
    rect = region.to_pixels(96, 64)
    with av.open(str(path)) as container:
        decoded = [frame.to_ndarray(format="yuv420p") for frame in container.decode(video=0)]
    for frame, whole in zip(read_band(path, region), decoded, strict=True):
        expected = _cut_i420(whole, 96, 64, rect)
        assert np.array_equal(frame.i420, expected)
        assert np.array_equal(frame.luma, expected[: rect.height])


@pytest.mark.parametrize("rotation", [0, 90])
@pytest.mark.parametrize("region", [LOWER_HALF, INNER])
@pytest.mark.parametrize("pix_fmt", ["yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le"])
def test_other_planar_formats_equal_a_full_conversion(render, pix_fmt, region, rotation):
    """Planes of other depth and subsampling come out as FFmpeg would convert the frame."""
    path = render("clip.mkv", [0, 100], codec="ffv1", pix_fmt=pix_fmt)
    turned = render("turned.mov", [0, 100], pix_fmt=pix_fmt, rotation=rotation)
    source = turned if rotation else path
    with av.open(str(source)) as container:
        decoded = [frame.to_ndarray(format="yuv420p") for frame in container.decode(video=0)]
    for frame, whole in zip(read_band(source, region), decoded, strict=True):
        y, u, v = whole[:64], *whole[64:].reshape(2, 32, 48)
        shown = np.concatenate([np.rot90(p, -rotation // 90).reshape(-1) for p in (y, u, v)])
        width, height = (64, 96) if rotation else (96, 64)
        shown = shown.reshape(height * 3 // 2, width)
        expected = _cut_i420(shown, width, height, region.to_pixels(width, height))
        difference = np.abs(frame.i420.astype(int) - expected)
        assert difference[: frame.luma.shape[0]].max() <= 1
        # FFmpeg blurs chroma a little further across edges.
        assert difference.mean() < 0.7


def _cut_i420(whole, width, height, rect):
    y = whole[:height]
    u, v = whole[height:].reshape(2, height // 2, width // 2)
    rows = slice(rect.y, rect.y + rect.height)
    columns = slice(rect.x, rect.x + rect.width)
    half_rows = slice(rect.y // 2, (rect.y + rect.height) // 2)
    half_columns = slice(rect.x // 2, (rect.x + rect.width) // 2)
    parts = (y[rows, columns], u[half_rows, half_columns], v[half_rows, half_columns])
    return np.concatenate([p.reshape(-1) for p in parts]).reshape(-1, rect.width)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("how", [{}, {"sar": Fraction(3, 2)}, {"pix_fmt": "yuv422p10le"}])
def test_the_band_lies_in_the_displayed_frame(render, picture, rotation, mirrored, how):
    """Rotation, mirroring and stretched pixels are applied before the region is cut."""
    path = render("turned.mp4", [0], rotation=rotation, mirrored=mirrored, **how)
    shown = picture(0)
    if "sar" in how:
        shown = cv2.resize(shown, (144, 64), interpolation=cv2.INTER_LINEAR)
    shown = np.rot90(shown, -rotation // 90)
    if mirrored:
        shown = shown[:, ::-1]
    rect = INNER.to_pixels(shown.shape[1], shown.shape[0])
    expected = shown[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
    [frame] = read_band(path, INNER)
    band = cv2.cvtColor(frame.i420, cv2.COLOR_YUV2BGR_I420)
    assert band.shape == expected.shape
    # Edges between the coloured areas may move by a pixel where pixels are stretched.
    assert np.abs(band.astype(int) - expected).mean() < (6 if "sar" in how else 3)


def test_full_range_becomes_limited(render, picture):
    """The blacks and whites of a full-range video come out in the range that viewers expect."""
    path = render("full.mp4", [0], codec="mjpeg", pix_fmt="yuvj420p", color_range=2)
    [frame] = read_band(path, LOWER_HALF)
    band = cv2.cvtColor(frame.i420, cv2.COLOR_YUV2BGR_I420)
    assert np.abs(band.astype(int) - picture(0)[32:]).mean() < 3


def test_bands_do_not_share_memory(render):
    """A band kept by the caller is not overwritten by later frames."""
    path = render("clip.mp4", EVERY_100_MS)
    kept = [(frame.luma, frame.luma.copy()) for frame in read_band(path, LOWER_HALF)]
    assert all(luma.base is None and np.array_equal(luma, copy) for luma, copy in kept)


def test_a_resolution_change_keeps_the_bands_size(render, numbers):
    """A second part in another size is scaled to the band of the first."""
    parts = [
        render("small.ts", range(0, 1000, 100)),
        render("large.ts", range(1000, 2000, 100), size=(192, 128)),
    ]
    path = parts[0].with_name("both.ts")
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames = list(read_band(path, LOWER_HALF))
    assert {frame.luma.shape for frame in frames} == {(32, 96)}
    assert [numbers(frame.luma) for frame in frames] == [*range(10), *range(10)]
    assert all(np.diff([frame.pts_s for frame in frames]) > 0)


def test_corrupt_packets_are_skipped(render):
    """Damage in the middle costs frames there, not the rest of the video."""
    path = render("clip.mp4", EVERY_100_MS, options={"g": "5", "crf": "4"})
    data = bytearray(path.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(data)
    frames = list(read_band(path, LOWER_HALF))
    assert 10 <= len(frames) <= 30
    assert frames[-1].pts_s == pytest.approx(2.9)


def test_a_file_cut_off_ends_early(render):
    """A streamable file of which the end is missing gives what is there and says so."""
    path = render("clip.mp4", range(0, 6000, 100), mux_options={"movflags": "faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2])
    reader = read_band(path, LOWER_HALF)
    frames = list(reader)
    assert 10 < len(frames) < 50
    assert reader.truncated
    assert reader.end_s == pytest.approx(frames[-1].pts_s + 0.1)
    _check_samples(frames, reader.end_s)


def test_a_file_cut_off_before_its_index(render):
    """An ordinary MP4 of which the end is missing cannot be read at all."""
    path = render("clip.mp4", EVERY_100_MS)
    path.write_bytes(path.read_bytes()[:-600])
    with pytest.raises(NotAVideoError):
        list(read_band(path, LOWER_HALF))


def test_a_file_that_vanishes_half_way(render):
    """A file cut off and removed while it is read is reported as gone, not as short."""
    path = render(
        "clip.mov",
        range(0, 4000, 100),
        size=(640, 480),
        codec="mjpeg",
        pix_fmt="yuvj420p",
        mux_options={"movflags": "faststart"},
    )
    frames = iter(read_band(path, LOWER_HALF))
    next(frames)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 4)
    path.unlink()
    with pytest.raises(VideoNotFoundError):
        list(frames)


def test_a_missing_file(tmp_path):
    """A file that is not there is an error at the first frame asked for."""
    with pytest.raises(VideoNotFoundError):
        next(iter(read_band(tmp_path / "missing.mp4", LOWER_HALF)))


def test_a_video_without_pictures(render):
    """A video stream that cannot be decoded at all is an error, not an empty band."""
    path = render("blank.mp4", EVERY_100_MS)
    data = path.read_bytes()
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    path.write_bytes(data[:start] + bytes(end - start) + data[end:])
    with pytest.raises(NoFramesError):
        list(read_band(path, LOWER_HALF))


def test_an_abandoned_iteration_closes_the_file(render):
    """Stopping half-way leaves no open file behind."""
    path = render("clip.mp4", EVERY_100_MS)
    frames = iter(read_band(path, LOWER_HALF))
    next(frames)
    assert str(path) in _open_files()
    frames.close()
    gc.collect()
    assert str(path) not in _open_files()


def _open_files() -> set[str]:
    return {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}
