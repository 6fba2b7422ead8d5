"""Work folders: the same one for the same work, never shared, never left for ever."""

import os
import time

import pytest

from captionacc.cli.workfolder import (
    open_kept_folder,
    open_work_folder,
    remove_stale,
    video_identity,
)
from captionacc.errors import NotAVideoError, UsageError, VideoNotFoundError

WEEK_S = 7 * 24 * 3600


def test_identity_is_stable_and_follows_the_content(tmp_path):
    """The same file has the same identity; a changed byte or a later time gives another."""
    video = tmp_path / "v.mp4"
    video.write_bytes(b"a" * 200_000)
    os.utime(video, (1, 1))
    first = video_identity(video)
    assert video_identity(video) == first
    video.write_bytes(b"b" + b"a" * 199_999)
    os.utime(video, (1, 1))
    assert video_identity(video) != first
    video.write_bytes(b"a" * 200_000)
    os.utime(video, (2, 2))
    assert video_identity(video) != first


def test_missing_video_is_told(tmp_path):
    """A path without a file is no video that could be found."""
    with pytest.raises(VideoNotFoundError, match="No such file"):
        video_identity(tmp_path / "no.mp4")


def test_pipes_and_folders_are_refused_without_reading(tmp_path):
    """What is no regular file is refused at once; reading a pipe would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(NotAVideoError):
            video_identity(path)


def test_same_name_is_the_same_folder_later(tmp_path):
    """A later run finds what an earlier one left."""
    with open_work_folder(tmp_path, "name") as folder:
        folder.path.mkdir()
        (folder.path / "done").write_text("1")
    with open_work_folder(tmp_path, "name") as folder:
        assert (folder.path / "done").read_text() == "1"
        folder.remove()
    assert list(tmp_path.iterdir()) == []


def test_folder_in_use_is_not_shared(tmp_path):
    """A second user of the same name gets a folder of its own."""
    with open_work_folder(tmp_path, "name") as one, open_work_folder(tmp_path, "name") as two:
        assert one.path != two.path


def test_kept_folder_has_one_user(tmp_path):
    """A folder that the person named is refused while another process uses it."""
    keep = tmp_path / "keep"
    with (
        open_kept_folder(keep),
        pytest.raises(UsageError, match="Another captionacc"),
        open_kept_folder(keep),
    ):
        pass
    with open_kept_folder(tmp_path / "keep") as folder:
        assert folder.path == tmp_path / "keep"


def test_stale_folders_go_and_others_stay(tmp_path):
    """Folders unused for a week are removed, unless somebody holds them."""
    old = time.time() - WEEK_S - 60
    for name in ("old", "held", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "object").write_text("x")
    for name in ("old", "held"):
        os.utime(tmp_path / name / "object", (old, old))
        os.utime(tmp_path / name, (old, old))
    with open_work_folder(tmp_path, "held"):
        remove_stale(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["held", "new"]


def test_no_work_folders_is_fine(tmp_path):
    """Where nothing was ever processed there is nothing to remove."""
    remove_stale(tmp_path / "never")
    assert not (tmp_path / "never").exists()
