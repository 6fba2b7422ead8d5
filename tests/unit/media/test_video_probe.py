"""What a video is said to be, and the error for what is none."""

from __future__ import annotations

import os
from fractions import Fraction

import av
import numpy as np
import pytest

from captionacc.errors import (
    NoFramesError,
    NotAVideoError,
    NoVideoStreamError,
    UnsupportedVideoError,
    VideoNotFoundError,
)
from captionacc.media.probe import probe

EVERY_100_MS = range(0, 3000, 100)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("clip.mp4", {}),
        ("clip.mkv", {}),
        ("clip.ts", {}),
        ("clip.flv", {}),
        ("clip.webm", {"codec": "libvpx-vp9"}),
        ("clip.gif", {"codec": "gif", "pix_fmt": "rgb8"}),
        ("clip.mov", {"codec": "prores_ks", "pix_fmt": "yuv422p10le"}),
        ("b_frames.mp4", {"options": {"bf": "3"}}),
    ],
)
def test_common_containers_give_the_same_facts(render, name, how):
    """Size, duration and rate do not depend on the container."""
    found = probe(render(name, EVERY_100_MS, **how))
    assert (found.width, found.height, found.rotation) == (96, 64, 0)
    assert found.duration_s == pytest.approx(3.0, abs=0.02)
    assert found.fps == pytest.approx(10, abs=0.01)
    assert not found.has_vfr


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv", "late.ts"])
def test_duration_counts_from_the_first_frame(render, name):
    """A file whose first timestamp is not zero is no longer than its frames."""
    found = probe(render(name, range(1400, 4400, 100)))
    assert found.duration_s == pytest.approx(3.0, abs=0.02)


@pytest.mark.parametrize("name", ["vfr.mp4", "vfr.mkv"])
def test_varying_frame_durations_are_noticed(render, name):
    """Frames at uneven distances make a variable frame rate."""
    assert probe(render(name, [0, 33, 66, 400, 433, 1500, 1533, 2000, 2500])).has_vfr


def test_rounding_to_milliseconds_is_no_variable_rate(render):
    """60 frames a second in whole milliseconds still count as constant."""
    assert not probe(render("60.mkv", [round(i * 1000 / 60) for i in range(90)], rate=60)).has_vfr


@pytest.mark.parametrize(
    ("rotation", "size"), [(0, (96, 64)), (90, (64, 96)), (180, (96, 64)), (270, (64, 96))]
)
def test_rotation_turns_the_size(render, rotation, size):
    """The display matrix decides about width and height."""
    found = probe(render("turned.mp4", [0, 100], rotation=rotation))
    assert (found.rotation, found.width, found.height) == (rotation, *size)


@pytest.mark.parametrize(("sar", "size"), [(Fraction(4, 3), (128, 64)), (Fraction(2, 3), (96, 96))])
def test_pixels_are_made_square_by_stretching(render, sar, size):
    """A sample aspect ratio enlarges one side and shrinks none."""
    found = probe(render("anamorphic.mp4", [0, 100], sar=sar))
    assert (found.width, found.height) == size


def test_a_bare_bitstream_is_timed_by_its_own_rate(render):
    """Raw H.264 has no timestamps; duration and rate come from what the bitstream says."""
    found = probe(render("bare.h264", range(30), tick=Fraction(1, 10)))
    assert (found.codec, found.fps, found.has_vfr) == ("h264", 10, False)
    assert found.duration_s == pytest.approx(3.0)


def test_a_live_recording_without_duration_is_measured(render):
    """A WebM file written as a live stream has no duration in its header."""
    path = render(
        "live.webm",
        EVERY_100_MS,
        codec="libvpx-vp9",
        mux_options={"live": "1", "cluster_time_limit": "500"},
    )
    with av.open(str(path)) as container:
        assert container.duration is None
    assert probe(path).duration_s == pytest.approx(3.0, abs=0.02)


def test_one_frame_is_a_video(render):
    """A single frame has a duration of its own."""
    assert probe(render("one.mp4", [0])).duration_s == pytest.approx(0.1)


def test_8k_is_within_the_limits(render):
    """A frame of 7680 x 4320 pixels is read."""
    found = probe(render("8k.mp4", [0], size=(7680, 4320), options={"preset": "ultrafast"}))
    assert (found.width, found.height) == (7680, 4320)


def test_sound_only(sound):
    """A file without pictures is told apart from a broken one."""
    with pytest.raises(NoVideoStreamError):
        probe(sound)


def test_cover_art_is_no_video(tmp_path):
    """The picture attached to a song does not make it a video."""
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        audio = container.add_stream("aac", rate=8000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.rate = 8000
        container.mux(cover.encode(av.VideoFrame(64, 64, "yuvj420p")) + cover.encode(None))
        container.mux(audio.encode(silence) + audio.encode(None))
    with pytest.raises(NoVideoStreamError):
        probe(path)


@pytest.mark.parametrize("data", [b"", b"\0", os.urandom(4096), b"plain text\n" * 50])
def test_other_bytes_are_no_video(tmp_path, data):
    """Empty, random and text files are refused."""
    path = tmp_path / "thing.mp4"
    path.write_bytes(data)
    with pytest.raises(NotAVideoError):
        probe(path)


def test_a_playlist_cannot_name_other_files(render, tmp_path):
    """A script of file names is refused instead of followed."""
    render("secret.mp4", [0, 100])
    path = tmp_path / "list.mp4"
    path.write_text("ffconcat version 1.0\nfile secret.mp4\n")
    with pytest.raises(NotAVideoError):
        probe(path)


def test_places_that_hold_no_file(tmp_path):
    """A missing file and a folder each get an error of their own."""
    with pytest.raises(VideoNotFoundError):
        probe(tmp_path / "missing.mp4")
    with pytest.raises(NotAVideoError):
        probe(tmp_path)


def test_a_header_without_frames(render):
    """A file whose headers are whole but whose pictures are all zeros holds no frames."""
    path = render("blank.mp4", EVERY_100_MS)
    data = path.read_bytes()
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    path.write_bytes(data[:start] + bytes(end - start) + data[end:])
    with pytest.raises(NoFramesError):
        probe(path)


@pytest.mark.parametrize("size", [(16640, 64), (8, 64)])
def test_sizes_beyond_the_limits(render, size):
    """Frames larger than 8K, or too small for any caption, are refused."""
    path = render("odd.mkv", [0], size=size, codec="mjpeg", pix_fmt="yuvj420p")
    with pytest.raises(UnsupportedVideoError):
        probe(path)


def test_ffmpeg_says_nothing_on_the_terminal(render, tmp_path, capfd):
    """Reading a damaged file prints nothing."""
    data = bytearray(render("good.mp4", EVERY_100_MS).read_bytes())
    data[200:600:7] = bytes(len(data[200:600:7]))
    path = tmp_path / "damaged.mp4"
    path.write_bytes(data)
    probe(path)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""
