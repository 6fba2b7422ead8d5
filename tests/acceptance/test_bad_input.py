"""What is no good video, or no good place: a fitting exit code, what to do, and nothing left."""

import shutil

import pysubs2
import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("zero_bytes", "is empty"),
        ("text_file", "is not a readable video"),
        ("truncated_header", "is not a readable video"),
        ("random_bytes", "is not a readable video"),
        ("audio_only", "holds no video stream"),
        ("missing", "cannot be read: No such file"),
        ("folder", "is not a file"),
    ],
)
def test_what_is_no_video_ends_with_3(command, odd_videos, tmp_path, name, says):
    """A file that is no readable video ends with 3, says why, and writes nothing."""
    done = command.run("process", odd_videos[name], "-o", tmp_path / "out.srt", "-q")
    assert done.code == 3
    assert says in done.err
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []
    assert command.leftovers() == []


@pytest.mark.parametrize("name", ["scenery", "one_frame", "8k"])
def test_no_captions_end_with_4(command, captionless, tmp_path, name):
    """A video without captions gives an empty but valid file, 4, and what to try."""
    path = tmp_path / "out.vtt"
    done = command.run("process", captionless[name], "-o", path, "-q")
    assert done.code == 4, done.err
    assert "--crop" in done.err
    assert "--engine" in done.err
    assert pysubs2.SSAFile.from_string(path.read_text(), "vtt").events == []
    assert path.read_text().startswith("WEBVTT")
    assert command.leftovers() == []


def test_truncated_video_gives_what_is_there(command, plain, tmp_path):
    """Of a video that breaks off, the captions before the break are written, with a warning."""
    whole, cut = tmp_path / "whole.mkv", tmp_path / "cut.mkv"
    _remux(plain, whole)
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) * 6 // 10])
    done = command.run("process", cut)
    assert done.code == 0, done.err
    assert "Warning: The video ends" in done.err
    events = pysubs2.load(str(tmp_path / "cut.srt")).events
    assert events[0].plaintext == "Good morning, everyone."
    assert 1 <= len(events) < 3


def _remux(source, target):
    import av  # noqa: PLC0415  # only here

    with av.open(str(source)) as read, av.open(str(target), "w") as write:
        stream = write.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                write.mux(packet)


def test_vanishing_file_ends_with_3(command, plain, tmp_path):
    """A file that is removed while it is processed ends with 3 and leaves no result."""
    video = tmp_path / "film.mp4"
    shutil.copy(plain, video)
    with command.start("process", video) as process:
        command.read_until(process, "read frames")
        video.unlink()
        _, err = process.communicate(timeout=240)
    assert process.returncode == 3
    assert "film.mp4 cannot be read" in err or "no longer be read" in err
    assert list(tmp_path.iterdir()) == []
    assert command.leftovers() == []


def test_disk_filling_half_way_ends_with_1(command, plain, tmp_path):
    """Where no further data fits on the disk, the message says so and no result is left."""
    limit = ("bash", "-c", 'ulimit -f 12; exec "$@"', "limit")
    done = command.run("process", plain, "-o", tmp_path / "out.srt", "-q", prefix=limit)
    assert done.code == 1
    assert "no space left" in done.err.lower()
    assert "run the same command again" in done.err
    assert list(tmp_path.iterdir()) == []


def test_unwritable_outputs_are_refused_at_once(command, plain, tmp_path):
    """A place that refuses files ends with 2 before the work starts."""
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "no" / "out.srt", tmp_path / "file" / "out.srt", "/proc/out.srt"):
        done = command.run("process", plain, "-o", place)
        assert done.code == 2, done.err
        assert "read frames" not in done.err
    assert command.leftovers() == []
