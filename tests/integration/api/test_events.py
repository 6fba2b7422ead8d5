"""Live events: complete, in order, resumable, and only the tenant's."""

import json
import socket
import threading
from contextlib import contextmanager, suppress

import httpx
import psycopg
import pytest

from .world import REGION, claims, later, new_id, sign, wait_until

HERE = {"crop_region": list(REGION.as_tuple())}


class Told(list):
    """Events as ``(id, name, data)`` while they come; ``position`` is what the stream began with.

    ``has_ended`` is set when the server has ended the stream.
    """

    def __init__(self) -> None:
        super().__init__()
        self.position = None
        self.has_ended = threading.Event()

    def read(self, lines):
        """Take all lines."""
        fields = {}
        for line in lines:
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                self.append((fields["id"], fields["event"], json.loads(fields["data"])))
                fields = {}
            elif "id" in fields:
                self.position = fields.pop("id")
        self.has_ended.set()

    def ids(self):
        """Of the events."""
        return [one for one, _, _ in self]


@contextmanager
def listening(api, token, last_id=None):
    """The events that come while the block runs."""
    told, is_open = Told(), threading.Event()
    headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": last_id} if last_id else {})
    client = httpx.Client(base_url=api.url, timeout=60)

    def listen():
        try:
            with client.stream("GET", "/v1/events", headers=headers) as answer:
                assert answer.status_code == 200
                assert answer.headers["content-type"].startswith("text/event-stream")
                sockets.append(answer.extensions["network_stream"].get_extra_info("socket"))
                is_open.set()
                told.read(answer.iter_lines())
        except httpx.TransportError:
            pass  # the block's end hangs up

    sockets = []
    thread = threading.Thread(target=listen)
    thread.start()
    try:
        assert is_open.wait(20)
        yield told
    finally:
        with suppress(OSError):  # the server may have hung up
            sockets[0].shutdown(socket.SHUT_RDWR)
        thread.join(20)
        client.close()


def test_changes_are_told(api, world, member):
    """A change is told with the same shape as it is asked for elsewhere."""
    with listening(api, member.token) as told:
        video = world.new_video(member.tenant_id)
        path = f"/v1/videos/{video.id}"
        run_id = member.ok("POST", f"{path}/actions/approve-layout", HERE)["run_id"]
        wait_until(lambda: any(name == "run" for _, name, _ in told), "the run")
        video_told = [data for _, name, data in told if name == "video"][-1]
        asked = member.ok("GET", path)
        kept = asked.keys() - {"work", "thumbnail_url"}  # made anew for each answer
        assert video_told == {name: asked[name] for name in kept}
        (run_told,) = [data for _, name, data in told if name == "run"]
        assert run_told["id"] == run_id
        assert run_told["video_id"] == video.id
        assert run_told["state"] == "queued"
        payload = {"caption_ids": [1]}
        world.ask(lambda catalog: catalog.events.captions(member.tenant_id, video.id, payload))
        _, _, data = wait_until(lambda: told[-1] if told[-1][1] == "captions" else None, "it")
        assert data == {"video_id": video.id, "caption_ids": [1]}


def test_only_what_comes_later(api, world, member):
    """Without a position a stream begins with the present."""
    world.new_video(member.tenant_id)
    with listening(api, member.token) as told:
        video = world.new_video(member.tenant_id)
        wait_until(lambda: len(told) >= 2, "the events")
        assert {data["id"] for _, _, data in told} == {video.id}


def test_resume(api, world, member):
    """A stream that names the last event goes on right after it, with nothing twice."""
    with listening(api, member.token) as told:
        for _ in range(3):
            world.new_video(member.tenant_id)
        wait_until(lambda: len(told) == 6, "the events")
        assert told.position
    for place, last_id in enumerate([told.position, *told.ids()]):
        with listening(api, member.token, last_id) as again:
            wait_until(lambda n=6 - place, again=again: len(again) >= n, "the rest")
            assert again == told[place:]
            assert again.position is None


def test_only_the_tenants(api, world, member):
    """Another tenant's events are not told, nor by its positions."""
    stranger = world.new_member()
    with listening(api, stranger.token) as told:
        world.new_video(member.tenant_id)
        own = world.new_video(stranger.tenant_id)
        wait_until(lambda: len(told) >= 2, "the own events")
        assert {data["id"] for _, _, data in told} == {own.id}
    with listening(api, member.token, told.ids()[0]) as mine:
        world.new_video(member.tenant_id)
        wait_until(lambda: len(mine) >= 2, "the events")
        assert own.id not in {data["id"] for _, _, data in mine}


def test_two_processes(api, new_api, world, member):
    """What one process does is told by another, at the same positions."""
    with (
        new_api() as second,
        listening(api, member.token) as here,
        listening(second, member.token) as there,
        second.person(member.token) as http,
    ):
        video = world.new_video(member.tenant_id)
        path = f"/v1/videos/{video.id}/actions/approve-layout"
        first = member.ok("POST", path, HERE)
        assert http.post(path, json=HERE).json() == first
        wait_until(lambda: len(here) >= 4 and len(there) >= 4, "the events")
        assert here == there
    with listening(api, member.token, there.ids()[0]) as again:
        wait_until(lambda: len(again) >= 3, "the rest")
        assert again == here[1:]


def test_held_back_events(api, world, member):
    """An event that has to wait for another transaction comes as soon as that has ended."""
    with (
        psycopg.connect(world.database_url) as slow,
        listening(api, member.token) as told,
    ):
        slow.execute("select pg_current_xact_id()")
        video = world.new_video(member.tenant_id)
        assert not told
        slow.commit()
        wait_until(lambda: told, "the event")
        assert told[0][2]["id"] == video.id


def test_ends_with_the_token(api, world):
    """A stream lasts no longer than the token; a new token goes on."""
    tenant_id, user_id = world.new_tenant(), new_id()
    token = sign(claims(user_id, tenant_id, exp=later(2)))
    with listening(api, token) as told:
        world.new_video(tenant_id)
        wait_until(lambda: len(told) == 2, "the events")
        assert told.has_ended.wait(30)
    video = world.new_video(tenant_id)
    with listening(api, sign(claims(user_id, tenant_id)), told.ids()[-1]) as again:
        wait_until(lambda: len(again) == 2, "what was missed")
        assert {data["id"] for _, _, data in again} == {video.id}


def test_survives_the_loss_of_the_listener(api, world, member):
    """When the database cuts the listening connection, events are still told."""
    with listening(api, member.token) as told:
        world.query(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where query ilike 'listen%%' and datname = current_database()"
        )
        world.new_video(member.tenant_id)
        wait_until(lambda: len(told) == 2, "the events", 40)


@pytest.mark.parametrize("last_id", ["x", "1", "-1-1", "1-1;", "9" * 30 + "-1", "1-" + "9" * 30])
def test_refused_positions(member, last_id):
    """What is no event's id is refused."""
    member.refused("GET", "/v1/events", 422, headers={"Last-Event-ID": last_id}, code="usage")


def test_unknown_positions(api, world, member):
    """A position that no event has is still one."""
    video = world.new_video(member.tenant_id)
    with listening(api, member.token, "0-0") as told:
        wait_until(lambda: len(told) == 2, "all events")
        assert told[0][2]["id"] == video.id
    with listening(api, member.token, "9223372036854775807-999999999999999999") as told:
        assert told == []


def test_stops_at_once(new_api, member):
    """Open streams do not keep the server from ending."""
    with new_api() as second, listening(second, member.token) as told:
        second.service.stop()
        assert told.has_ended.wait(5)
        assert not second.service.is_alive
        assert "Traceback" not in second.log()
        assert "without completing" not in second.log()
