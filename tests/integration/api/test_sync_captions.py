"""Captions over the socket: what flows, people and other servers' clients do is seen at once."""

import asyncio

import pytest

from captionacc.sync.changes import unpack_id
from captionacc.sync.permissions import CLIENT_IDS

from .scene import REGION, open_scene
from .sockets import Client
from .world import SERVICE_TOKEN, wait_until


@pytest.fixture
def visit(api, world, api_environment, object_store):
    """A member of a new tenant and a video of it that has two captions; flows' client."""
    database_url = api_environment["CAPTIONACC_DATABASE_URL"]

    async def prepare():
        async with open_scene(database_url, object_store, (1.0, 2.0), (3.0, 4.0)) as scene:
            return scene.tenant_id, scene.video_id

    tenant_id, video_id = asyncio.run(prepare())
    flows = api.person(SERVICE_TOKEN)
    yield world.new_member(tenant_id), video_id, flows
    flows.close()


def test_readings_arrive(api, visit):
    """What a flow has read is pushed to whoever has the captions open."""
    member, video_id, flows = visit
    with Client(api, member.token, video_id, "captions") as client:
        client.hear("welcome")
        client.changes(is_last=True)
        result = {"caption_id": 1, "status": "completed", "text": "你好", "confidence": 0.9}
        body = {"tenant_id": member.tenant_id, "results": [result]}
        answer = flows.patch(f"/v1/internal/videos/{video_id}/captions/ocr", json=body)
        assert answer.status_code == 204
        seen = client.until(lambda change: change.cid == "caption_ocr", "the reading")
        assert (unpack_id(seen.pk), seen.val) == (1, "你好")


def test_corrections_arrive(api, visit):
    """What somebody corrects over HTTP is pushed; what is edited over the socket is exported."""
    member, video_id, _ = visit
    with Client(api, member.token, video_id, "captions") as client:
        client.hear("welcome")
        client.changes(is_last=True)
        member.ok("PATCH", f"/v1/videos/{video_id}/captions/1", {"text": "one"})
        assert client.until(lambda change: change.cid == "text", "the text").val == "one"
        client.write("captions", 2, "text", "two", 2)
    answer = member.http.get(f"/v1/videos/{video_id}/export", params={"format": "txt"})
    assert answer.text.split() == ["one", "two"]


def test_what_is_moved_is_read(api, world, visit):
    """A caption that is moved or added over the socket is read, with nobody asking for it."""
    member, video_id, _ = visit
    new_id = CLIENT_IDS.start + 7

    def reading_of(caption_id):
        runs = world.query(
            "select parameters -> 'caption_ids' from captionacc.processing_runs"
            " where video_id = %s and flow = 'median-ocr'",
            video_id,
        )
        return any(ids == [caption_id] for (ids,) in runs)

    with Client(api, member.token, video_id, "captions") as client:
        client.hear("welcome")
        client.hear(
            "ack",
            batch=client.edit(
                client.change("captions", 1, "end_pts_s", 1.5, 2),
                client.change("captions", 1, "end_frame_index", 15, 2),
                client.change("captions", 1, "boundary_state", "confirmed", 2),
            ),
        )
        wait_until(lambda: reading_of(1), "the reading of the moved one")
        values = {
            "start_frame_index": 50,
            "end_frame_index": 60,
            "start_pts_s": 5.0,
            "end_pts_s": 6.0,
            "boundary_state": "confirmed",
        }
        edits = [client.change("captions", new_id, cid, val) for cid, val in values.items()]
        client.hear("ack", batch=client.edit(*edits))
        wait_until(lambda: reading_of(new_id), "the reading of the new one")
    view = member.ok("GET", f"/v1/videos/{video_id}")
    assert view["caption_count"] == 3


def test_the_switch_of_versions_arrives(api, world, visit, api_environment, object_store):
    """Captions of a new version appear when it becomes active, without anybody asking."""
    member, video_id, flows = visit
    database_url = api_environment["CAPTIONACC_DATABASE_URL"]

    async def put():
        async with open_scene(database_url, object_store) as scene:
            scene.video_id, scene.tenant_id = video_id, member.tenant_id
            scene.keys = type(scene.keys)(member.tenant_id, video_id)
            scene.put_results(2, (7.0, 8.0))

    asyncio.run(put())
    with Client(api, member.token, video_id, "captions") as client:
        client.hear("welcome")
        client.changes(is_last=True)
        body = {"tenant_id": member.tenant_id, "version": 2, "run_id": video_id}
        answer = flows.post(f"/v1/internal/videos/{video_id}/captions", json=body)
        assert answer.is_success, answer.text

        async def activate(catalog):
            await catalog.versions.ensure(video_id, member.tenant_id, 2, REGION)
            await catalog.versions.activate(video_id, 2, 600)

        world.ask(activate)
        seen = client.until(lambda change: change.cid == "start_pts_s", "the new caption")
        assert seen.val == 7.0
