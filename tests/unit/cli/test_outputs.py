"""Where subtitles go, and that they get there whole or not at all."""

import stat
from pathlib import Path

import pytest

from captionacc.cli.outputs import STDOUT, Output, resolve_outputs
from captionacc.errors import DiskFullError, OutputNotWritableError, UsageError


def test_default_place_is_beside_the_video():
    """Without an option each video's subtitles have its name and the format's ending."""
    outputs = resolve_outputs([Path("a/film.mkv"), Path("b/film.mp4")], None, "vtt")
    assert [output.path for output in outputs] == [Path("a/film.vtt"), Path("b/film.vtt")]


def test_folder_takes_one_file_for_each_video(tmp_path):
    """A folder given as output gets one file named after each video."""
    outputs = resolve_outputs([Path("a/x.mkv"), Path("b/y.mp4")], tmp_path, "srt")
    assert [output.path for output in outputs] == [tmp_path / "x.srt", tmp_path / "y.srt"]


def test_two_videos_never_share_a_file(tmp_path):
    """Videos whose subtitles would overwrite each other are refused before any work."""
    with pytest.raises(UsageError, match="same file"):
        resolve_outputs([Path("a/x.mkv"), Path("b/x.mp4")], tmp_path, "srt")


def test_video_is_never_replaced(tmp_path):
    """An output that is the video itself is refused."""
    video = tmp_path / "film.srt"
    video.write_bytes(b"a video with a strange name")
    with pytest.raises(UsageError, match="replace the video"):
        resolve_outputs([video], None, "srt")


def test_stdout_may_take_several():
    """A dash sends all subtitles to stdout, one after the other."""
    outputs = resolve_outputs([Path("x.mkv"), Path("y.mkv")], STDOUT, "srt")
    assert all(output.is_stdout for output in outputs)


def test_written_text_replaces_the_old_file(tmp_path):
    """A written file has the text, the old permissions, and nothing is left beside it."""
    path = tmp_path / "out.srt"
    path.write_text("old")
    path.chmod(0o640)
    Output(path).check()
    Output(path).write("é\n")
    assert path.read_bytes() == "é\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_symbolic_link_stays(tmp_path):
    """Writing through a link replaces what it points to, not the link."""
    target, link = tmp_path / "target.srt", tmp_path / "link.srt"
    target.write_text("old")
    link.symlink_to(target)
    Output(link).write("new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_missing_folder_is_refused_before_the_work(tmp_path):
    """A place in a folder that is not there is refused by the check, with what to do."""
    with pytest.raises(OutputNotWritableError, match="Make it"):
        Output(tmp_path / "no" / "out.srt").check()


def test_folder_in_place_of_a_file_is_refused(tmp_path):
    """A folder that has the file's name is refused by the check."""
    with pytest.raises(OutputNotWritableError):
        Output(tmp_path).check()


def test_file_in_place_of_the_folder_is_refused(tmp_path):
    """A path below a file is refused by the check."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputNotWritableError):
        Output(tmp_path / "file" / "out.srt").check()


def test_full_disk_is_told_and_devices_are_not_replaced():
    """Writing to a full device fails with the right error, and the device is still one."""
    with pytest.raises(DiskFullError):
        Output(Path("/dev/full")).write("text")
    assert Path("/dev/full").is_char_device()


def test_failed_write_leaves_the_old_file(tmp_path):
    """When the new text cannot be written, the old file stays and nothing is left beside it."""
    path = tmp_path / "out.srt"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        Output(path).write("\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
