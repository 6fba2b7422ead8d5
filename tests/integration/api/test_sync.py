"""The sync socket as clients meet it: who may write, and what everybody sees."""

import gzip
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from captionacc.databases.layout import BOXES_PER_FRAME
from captionacc.storage.keys import VideoKeys
from captionacc.storage.s3 import S3Store

from .scene import access_of
from .sockets import Client, put_layout
from .world import REGION, claims, later, sign, wait_until

SECOND = BOXES_PER_FRAME
"""The first box of the second frame."""

PREDICTED = {
    *("predicted_label", "predicted_confidence"),
    *("crop_left", "crop_top", "crop_right", "crop_bottom"),
    *("anchor_type", "anchor_position", "vertical_center", "updated_at"),
}
"""What the server writes on account of a label."""


@pytest.fixture
def video(world, member, object_store, tmp_path):
    """A video with a layout."""
    made = world.new_video(member.tenant_id)
    put_layout(object_store, tmp_path, made)
    return made


@pytest.fixture
def colleague(world, member):
    """Another member of the tenant."""
    return world.new_member(member.tenant_id)


def test_two_members(api, member, colleague, video):
    """One edits, the other is told why it may not, and sees the edit at once."""
    with (
        Client(api, member.token, video.id) as mine,
        Client(api, colleague.token, video.id) as theirs,
    ):
        assert mine.hear("welcome")["lease"]["may_write"]
        lease = theirs.hear("welcome")["lease"]
        assert (lease["reason"], lease["holder"]["is_self"]) == ("held_by_other", False)
        assert len(mine.changes(is_last=True)) > 6 * 12
        theirs.changes(is_last=True)
        mine.write("boxes", SECOND, "label", "in", 2)
        (seen,) = theirs.changes()
        assert (seen.cid, seen.val, seen.site_id) == ("label", "in", mine.site_id)
        batch = theirs.edit(theirs.change("boxes", 0, "label", "out", 2))
        assert theirs.hear("refused", batch=batch)["code"] == "forbidden"
        mine.say("lease", wants="none")
        assert theirs.hear("lease")["lease"]["may_write"]
        theirs.write("boxes", 0, "label", "out", 2)


def test_two_tabs(api, member, video):
    """The lease moves at once to the tab that asks for it, and back when the person goes back."""
    with Client(api, member.token, video.id) as first:
        assert first.hear("welcome")["lease"]["may_write"]
        with Client(api, member.token, video.id) as second:
            assert second.hear("welcome")["lease"]["may_write"]
            first.hear("transferred")
            assert first.hear("lease")["lease"]["reason"] == "transferred"
            first.hear("refused", batch=first.edit(first.change("boxes", 0, "label", "in", 2)))
            first.say("lease", wants="write")
            assert first.hear("lease")["lease"]["may_write"]
            second.hear("transferred")
            first.write("boxes", 0, "label", "in", 2)


def test_many_who_want_it(api, world, member, video):
    """Of 20 users who want to write at the same time one may, and all others know who does."""
    tokens = [world.new_member(member.tenant_id).token for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        clients = list(pool.map(lambda token: Client(api, token, video.id), tokens))
        leases = list(pool.map(lambda client: client.hear("welcome")["lease"], clients))
        assert sum(lease["may_write"] for lease in leases) == 1
        assert {lease["reason"] for lease in leases} == {None, "held_by_other"}
        batches = [one.edit(one.change("boxes", 0, "label", "in", 2)) for one in clients]
        answers = [
            one.hear_any({"ack", "refused"}, batch=batch)["type"]
            for one, batch in zip(clients, batches, strict=True)
        ]
        assert [answer == "ack" for answer in answers] == [one["may_write"] for one in leases]
        list(pool.map(Client.close, clients))


def test_a_run_needs_the_layout(api, world, member, video):
    """From the approval until its run ends nobody edits; then who edited before may again."""
    with Client(api, member.token, video.id) as client:
        assert client.hear("welcome")["lease"]["may_write"]
        run_id = member.ok("POST", f"/v1/videos/{video.id}/actions/approve-layout")["run_id"]
        assert client.hear("lease")["lease"]["reason"] == "held_by_run"
        refused = client.edit(client.change("boxes", 0, "label", "in", 2))
        client.hear("refused", batch=refused)
        take = "select lease_kind, lease_holder from captionacc.video_database_state"

        def acquire(catalog):
            return catalog.databases.acquire_lease(
                video.id, "layout", member.tenant_id, "run", run_id, 60
            )

        world.ask(acquire)
        lease = client.hear("lease")["lease"]
        assert (lease["reason"], lease["holder"]["kind"]) == ("held_by_run", "run")
        assert ("run", run_id) in world.query(take)
        client.say("lease", wants="write")
        assert client.hear("lease")["lease"]["reason"] == "held_by_run"
        world.run_to_failure(run_id)
        assert client.hear("lease", timeout_s=30)["lease"]["may_write"]
        client.write("boxes", 0, "label", "in", 2)


def test_a_connection_that_breaks(api, member, colleague, video):
    """Its user finds the lease again; a batch that was acknowledged is so again, applied once."""
    with Client(api, member.token, video.id) as client:
        copy = client.hear("welcome")["copy"]
        client.changes(is_last=True)
        batch = client.edit(client.change("boxes", 0, "label", "in", 2))
        place = client.hear("ack", batch=batch)["db_version"]
        client.drop()
    with Client(api, colleague.token, video.id) as other:
        assert other.hear("welcome")["lease"]["reason"] == "held_by_other"
    seen = {"copy": copy, "db_version": place}
    with Client(api, member.token, video.id, site_id=client.site_id, seen=seen) as back:
        welcome = back.hear("welcome")
        assert (welcome["copy"], welcome["acked"]) == (copy, batch)
        assert welcome["lease"]["may_write"]
        assert {one.cid for one in back.changes(is_last=True)} <= PREDICTED
        back.edit(back.change("boxes", 0, "label", "in", 2), batch=batch)
        back.hear("ack", batch=batch)


def test_viewers_look(api, world, member, video):
    """Who may only look sees everything and changes nothing."""
    viewer = world.new_member(member.tenant_id)
    world.ask(
        lambda catalog: catalog.tenants.add_member(member.tenant_id, viewer.user_id, "viewer")
    )
    with Client(api, viewer.token, video.id) as client:
        assert client.hear("welcome")["lease"]["reason"] == "viewer"
        assert client.changes(is_last=True)
        client.say("lease", wants="write")
        assert client.hear("lease")["lease"]["reason"] == "viewer"
        client.hear("refused", batch=client.edit(client.change("boxes", 0, "label", "in", 2)))


def test_tokens_end(api, member, video):
    """A connection ends with its token, unless a fresh one of the same user comes in time."""

    def token(seconds, user_id=member.user_id):
        return sign(claims(user_id, member.tenant_id, exp=later(seconds)))

    with Client(api, token(-7), video.id) as client:  # valid for some seconds of leeway
        assert client.ended() == (4401, "unauthenticated")
    with Client(api, token(3), video.id) as client:
        client.hear("welcome")
        client.say("token", token=member.token)
        deadline = time.monotonic() + 4
        while time.monotonic() < deadline:
            client.say("ping")
            client.hear("pong")
            time.sleep(0.2)
        client.say("token", token=token(60, str(uuid.uuid4())))
        assert client.ended() == (4403, "forbidden")


def test_a_deleted_video(api, member, video):
    """Who has it open is told, and hung up."""
    with Client(api, member.token, video.id) as client:
        client.hear("welcome")
        member.ok("DELETE", f"/v1/videos/{video.id}")
        assert client.ended() == (4404, "not_found")
    with Client(api, member.token, video.id) as client:
        assert client.ended() == (4404, "not_found")


def test_edits_are_stored(api, member, video, object_store):
    """Soon after the last edit the stored file has it, and can be read by every SQLite."""
    store, key = S3Store(access_of(object_store)), VideoKeys(member.tenant_id, video.id).layout_db
    before = store.head(key).etag
    with Client(api, member.token, video.id) as client:
        client.hear("welcome")
        client.write("layout_config", 1, "crop_top", 0.25, 2)
        wait_until(lambda: store.head(key).etag != before, "the stored copy")
    body = {"crop_region": None}
    run_id = member.ok("POST", f"/v1/videos/{video.id}/actions/approve-layout", body)["run_id"]
    runs = member.ok("GET", f"/v1/videos/{video.id}/runs")["runs"]
    assert [run["id"] for run in runs] == [run_id]
    view = member.ok("GET", f"/v1/videos/{video.id}")
    assert view["crop_region"][1] == 0.25
    assert member.ok("GET", f"/v1/videos/{video.id}/databases/layout")["version"] >= 1


def test_layouts_are_predicted_anew(api, member, video):
    """Labels move the proposed region and the other boxes' predictions; a person's crop stays."""
    with Client(api, member.token, video.id) as client:
        client.hear("welcome")
        client.changes(is_last=True)
        for frame in range(3):
            client.write("boxes", frame * BOXES_PER_FRAME + 1, "label", "out", 2)
            client.write("boxes", frame * BOXES_PER_FRAME + 2, "label", "in", 2)
        seen = client.until(
            lambda change: change.cid == "crop_top" and change.val < 0.3, "another region"
        )
        assert seen.val < REGION.top
        for edge, place in (("crop_top", 0.5), ("crop_bottom", 0.6)):
            client.write("layout_config", 1, edge, place, 10)
        client.until(lambda change: change.val == "out", "predictions for the person's region")
    with Client(api, member.token, video.id, wants="read") as reader:
        reader.hear("welcome")
        values = {one.cid: one.val for one in reader.changes() if one.table == "layout_config"}
        assert (values["crop_top"], values["crop_bottom"]) == (0.5, 0.6)


def test_a_client_starts_from_a_file(api, member, video):
    """Who opens database files gets one of its own instead of all changes, and only if needed."""
    with Client(api, member.token, video.id, snapshot=True) as mine:
        welcome = mine.hear("welcome")
        packed = mine.socket.recv(timeout=20)
        told = welcome["snapshot"]
        assert told == {"db_version": welcome["db_version"], "size_bytes": len(packed)}
        assert mine.site_id in gzip.decompress(packed)
        assert mine.changes(is_last=True) == []
        mine.write("boxes", SECOND, "label", "in", 2)
    seen = {"copy": welcome["copy"], "db_version": told["db_version"]}
    with Client(api, member.token, video.id, snapshot=True, seen=seen) as again:
        assert again.hear("welcome")["snapshot"] is None
        assert [change.cid for change in again.changes(is_last=True)] == ["label"]
