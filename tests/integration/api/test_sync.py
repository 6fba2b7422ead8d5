"""The sync socket as clients meet it."""

import pytest

from captionacc.databases.layout import BOXES_PER_FRAME, LayoutBox, LayoutConfig, write_layout
from captionacc.databases.packing import pack
from captionacc.model.geometry import OcrBox
from captionacc.storage.keys import VideoKeys
from captionacc.storage.s3 import S3Store

from .scene import access_of
from .sockets import Client
from .world import REGION


def put_layout(object_store, folder, video, frames=3):
    """A layout with two boxes a frame."""
    path, packed = folder / "layout.db", folder / "layout.db.gz"
    boxes = [
        LayoutBox(frame, index, OcrBox(f"word {frame}", 0.9, 0.3, 0.8 + index / 20, 0.7, 0.84))
        for frame in range(frames)
        for index in range(2)
    ]
    write_layout(path, LayoutConfig(1280, 720, REGION), boxes)
    pack(path, packed)
    key = VideoKeys(video.tenant_id, video.id).layout_db
    S3Store(access_of(object_store)).put_file(key, packed)


@pytest.fixture
def video(world, member, object_store, tmp_path):
    """A video with a layout."""
    made = world.new_video(member.tenant_id)
    put_layout(object_store, tmp_path, made)
    return made


def test_two_members(api, world, member, video):
    """One edits, the other is told why it may not, and sees the edit at once."""
    colleague = world.new_member(member.tenant_id)
    with (
        Client(api, member.token, video.id) as mine,
        Client(api, colleague.token, video.id) as theirs,
    ):
        welcome = mine.hear("welcome")
        assert welcome["lease"]["may_write"]
        assert theirs.hear("welcome")["lease"]["reason"] == "held_by_other"
        assert len(mine.changes(is_last=True)) > 6 * 12
        theirs.changes(is_last=True)
        mine.write("boxes", BOXES_PER_FRAME, "label", "in", 2)
        (seen,) = theirs.changes()
        assert (seen.table, seen.cid, seen.val, seen.site_id) == (
            "boxes",
            "label",
            "in",
            mine.site_id,
        )
        batch = theirs.edit(theirs.change("boxes", 0, "label", "out", 2))
        assert theirs.hear("refused", batch=batch)["code"] == "forbidden"
