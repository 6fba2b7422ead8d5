"""Sparse samples: near the times asked for, with their true times, each frame once."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from captionacc.errors import NoFramesError, VideoNotFoundError
from captionacc.media.sampling import sample_frames

EVERY_100_MS = range(0, 6000, 100)
GROUPS_OF_10 = {"g": "10", "keyint_min": "10", "sc_threshold": "0", "crf": "4"}
ONE_KEYFRAME = {"g": "1000", "keyint_min": "1000", "sc_threshold": "0", "crf": "4"}


def _found(path, times_s, numbers):
    """(pts_s, number in the picture) of every sample."""
    samples = list(sample_frames(path, times_s))
    assert [sample.index for sample in samples] == list(range(len(samples)))
    return [(s.pts_s, numbers(s.image[s.image.shape[0] // 2 :])) for s in samples]


@pytest.mark.parametrize(
    ("name", "codec"),
    [("clip.mp4", "libx264"), ("clip.mkv", "libx264"), ("clip.webm", "libvpx-vp9")],
)
def test_nearby_keyframes_serve(render, numbers, name, codec):
    """A keyframe within half the spacing is taken, with its own time and picture."""
    options = GROUPS_OF_10 if codec == "libx264" else {"g": "10"}
    path = render(name, EVERY_100_MS, codec=codec, options=options)
    found = _found(path, [0.4, 2.4, 4.4], numbers)
    assert found == [(pytest.approx(t), n) for t, n in [(0.0, 0), (2.0, 20), (4.0, 40)]]


def test_the_next_keyframe_serves_where_the_one_before_is_far(render, numbers):
    """A keyframe just after the time is nearer than one long before."""
    path = render("clip.mp4", EVERY_100_MS, options={**GROUPS_OF_10, "g": "20"})
    assert _found(path, [1.9, 3.7], numbers) == [(pytest.approx(2.0), 20), (pytest.approx(4.0), 40)]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
def test_without_keyframes_nearby_the_frame_shown_is_decoded(render, numbers, name):
    """A single keyframe at the start still gives a sample at every time."""
    path = render(name, EVERY_100_MS, options=ONE_KEYFRAME)
    found = _found(path, [1.5, 3.5, 5.5], numbers)
    assert [number for _, number in found] == [15, 35, 55]
    assert [pts_s for pts_s, _ in found] == pytest.approx([1.5, 3.5, 5.5])


def test_a_single_time_is_exact(render, numbers):
    """One time alone gives the very frame on screen then."""
    path = render("clip.mp4", EVERY_100_MS, options={**GROUPS_OF_10, "bf": "2"})
    assert _found(path, [3.76], numbers) == [(pytest.approx(3.7), 37)]


def test_no_frame_comes_twice(render, numbers):
    """More times than frames give each frame once, in order."""
    path = render("slow.mp4", range(0, 2000, 500), rate=2)
    found = _found(path, [i / 10 for i in range(40)], numbers)
    assert [number for _, number in found] == [0, 1, 2, 3]
    assert [pts_s for pts_s, _ in found] == pytest.approx([0.0, 0.5, 1.0, 1.5])


def test_times_beyond_the_end_give_the_last_frame_once(render, numbers):
    """Asking after the end yields the last frame, and not again."""
    path = render("clip.mp4", range(0, 1000, 100), options=ONE_KEYFRAME)
    assert _found(path, [5.0, 6.0], numbers) == [(pytest.approx(0.9), 9)]


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv", "late.ts"])
def test_times_count_from_the_first_frame(render, numbers, name):
    """A file whose timestamps start at 1.4 s is sampled on the viewer's timeline."""
    path = render(name, range(1400, 5400, 100), options=GROUPS_OF_10)
    found = _found(path, [1.0, 3.0], numbers)
    assert found == [(pytest.approx(1.0), 10), (pytest.approx(3.0), 30)]


@pytest.mark.parametrize("suffix", ["h264", "avi"])
def test_files_without_presentation_times(render, numbers, suffix):
    """A bitstream that cannot be seeked is decoded from the start."""
    path = render(f"clip.{suffix}", range(40), tick=Fraction(1, 10), options=GROUPS_OF_10)
    found = _found(path, [1.0, 3.0], numbers)
    assert found == [(pytest.approx(1.0), 10), (pytest.approx(3.0), 30)]


def test_samples_go_on_behind_damage(render, numbers):
    """A hole in the middle costs at most the samples in it."""
    path = render("clip.mp4", EVERY_100_MS, options=GROUPS_OF_10)
    data = bytearray(path.read_bytes())
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    hole = slice(start + (end - start) // 3, start + (end - start) // 2)
    data[hole] = bytes(hole.stop - hole.start)
    path.write_bytes(data)
    found = _found(path, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], numbers)
    assert found[0][1] == 0
    assert found[-1] == (pytest.approx(5.0), 50)
    assert len(found) >= 4


def test_pictures_are_as_displayed(render, picture):
    """Rotation and pixel shape are applied; the picture is BGR and the caller's own."""
    path = render("turned.mp4", [0, 100], rotation=90, sar=Fraction(4, 3))
    sample = next(sample_frames(path, [0.0]))
    assert sample.image.shape == (128, 64, 3)
    assert sample.image.flags.c_contiguous
    assert sample.image.flags.writeable
    shown = np.rot90(picture(0), -1)
    corners = sample.image[[2, 2, -3, -3], [2, -3, 2, -3]].astype(int)
    assert np.abs(corners - shown[[2, 2, -3, -3], [2, -3, 2, -3]]).max() < 8


def test_no_times_no_samples(render):
    """Nothing asked, nothing given."""
    assert list(sample_frames(render("clip.mp4", [0]), [])) == []


def test_errors_of_the_file(render, tmp_path):
    """A missing file and one without pictures are errors, not an empty result."""
    with pytest.raises(VideoNotFoundError):
        list(sample_frames(tmp_path / "missing.mp4", [0.0]))
    path = render("blank.mp4", EVERY_100_MS)
    data = path.read_bytes()
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    path.write_bytes(data[:start] + bytes(end - start) + data[end:])
    with pytest.raises(NoFramesError):
        list(sample_frames(path, [0.0, 1.0]))
