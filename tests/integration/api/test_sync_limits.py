"""Clients that read slowly, say nothing or wake up late, against a server with little patience."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from captionacc.model.ids import UserId
from captionacc.sync.changes import Change, pack_id
from captionacc.sync.channel import DisconnectedError
from captionacc.sync.connection import Who
from captionacc.sync.hosted import CopyTimes
from captionacc.sync.leases import LeaseTimes
from captionacc.sync.places import Place
from captionacc.sync.protocol import Limits
from captionacc.sync.session import serve
from captionacc.sync.wire import encode_change

from .scene import open_copies, open_scene
from .sockets import fits, hello_of, put_layout
from .world import new_id

TIMES = CopyTimes(
    look_s=0.02,
    lease=LeaseTimes(lasts_s=1.0, renewed_every_s=0.2, offered_every_s=0.05, silence_s=0.5),
)


class Wire:
    """A socket in memory, from both its ends."""

    def __init__(self, site_id=b"s" * 16) -> None:
        self.site_id = site_id
        self.to_server = asyncio.Queue()
        self.sent = []
        self.code = None
        self.is_taking = asyncio.Event()
        self.is_taking.set()

    async def receive(self):
        """What the server waits for."""
        message = await self.to_server.get()
        if message is None:
            raise DisconnectedError(is_orderly=True)
        return message

    async def send(self, text):
        """What the server says."""
        await self.is_taking.wait()
        self.sent.append(json.loads(text))

    async def close(self, code):
        """The server ends it."""
        self.code = code

    def say(self, kind, **values):
        """What the client says."""
        self.to_server.put_nowait(json.dumps({"v": 1, "type": kind, **values}))

    def edit(self, label, version):
        """A client's batch."""
        change = Change("boxes", pack_id(0), "label", label, version, 1, self.site_id, 1, 0)
        self.say("changes", batch=f"{label} {version}", changes=[encode_change(change)])

    async def heard(self, kind, **wanted):
        """The message, once it has come."""
        async with asyncio.timeout(20):
            while True:
                for message in self.sent:
                    if fits(message, kind, wanted):
                        self.sent.remove(message)
                        return message
                await asyncio.sleep(0.01)


@pytest.fixture
def play(database_url, object_store, tmp_path):
    """Runs a scenario with a function that connects clients to a layout."""

    def run(scenario, limits, frames=3):
        async def on_scene():
            async with (
                open_scene(database_url, object_store) as scene,
                open_copies(database_url, scene.store, scene.catalog, times=TIMES) as copies,
                asyncio.TaskGroup() as tasks,
            ):
                put_layout(object_store, tmp_path, await scene.video(), frames)
                place = Place(scene.tenant_id, scene.video_id, "layout")

                def connect(user_id=None, wire=None):
                    wire, user_id = wire or Wire(), user_id or UserId(new_id())
                    ends = datetime.now(UTC) + timedelta(hours=1)

                    async def authenticate(_):
                        return Who(user_id, scene.tenant_id, ends, may_edit=True)

                    wire.say("hello", **hello_of("token", wire.site_id))
                    wire.task = tasks.create_task(
                        serve(wire, authenticate, lambda _: copies.use(place), limits)
                    )
                    return wire

                await scenario(connect)

        asyncio.run(on_scene())

    return run


def test_who_takes_nothing(play):
    """A client that does not take what is sent is given up; others get theirs meanwhile."""

    async def scenario(connect):
        slow, quick = Wire(), connect()
        await quick.heard("welcome")
        slow.is_taking.clear()
        connect(wire=slow)
        quick.edit("in", 2)
        await quick.heard("ack")
        await slow.task
        quick.to_server.put_nowait(None)
        await quick.task

    play(scenario, Limits(send_s=0.3))


def test_who_confirms_nothing(play):
    """Only so many changes are sent ahead; a client that never confirms them is given up."""

    async def scenario(connect):
        client, writer = connect(), connect(wire=Wire(b"w" * 16))
        await client.heard("welcome")
        await client.heard("changes", is_last=True)
        client.to_server.put_nowait(json.dumps({"v": 1, "type": "lease", "wants": "none"}))
        await writer.heard("lease")
        writer.say("ack", db_version=1000)
        writer.edit("in", 2)
        await writer.heard("ack")
        await client.task
        assert client.code == 4408
        assert not [one for one in client.sent if one["type"] == "changes"]
        writer.to_server.put_nowait(None)
        await writer.task

    play(scenario, Limits(changes_ahead=1, ack_s=0.5))


def test_who_says_nothing(play):
    """A client that says nothing is hung up, before its hello and after it."""

    async def scenario(connect):
        silent = Wire()
        silent.say = lambda *_, **__: None
        connect(wire=silent)
        await silent.task
        assert silent.code == 4408
        client = connect()
        await client.heard("welcome")
        await client.task
        assert client.code == 4408

    play(scenario, Limits(hello_s=0.2, silence_s=0.3))


def test_a_holder_that_wakes_up(play):
    """Its lease has passed on to who waited; it is told, its edit is refused, the other's taken."""

    async def scenario(connect):
        sleeper = connect()
        assert (await sleeper.heard("welcome"))["lease"]["may_write"]
        other = connect(wire=Wire(b"o" * 16))
        assert not (await other.heard("welcome"))["lease"]["may_write"]
        alive = asyncio.create_task(keep_alive(other))
        while not (await other.heard("lease"))["lease"]["may_write"]:
            pass
        sleeper.edit("in", 2)
        assert (await sleeper.heard("refused"))["code"] == "forbidden"
        reasons = [one["lease"]["reason"] for one in sleeper.sent if one["type"] == "lease"]
        assert set(reasons) <= {"expired", "held_by_other"}
        assert reasons
        other.edit("out", 2)
        await other.heard("ack")
        alive.cancel()
        for wire in (sleeper, other):
            wire.to_server.put_nowait(None)
            await wire.task

    play(scenario, Limits())


async def keep_alive(wire):
    """As a client does."""
    while True:
        wire.say("ping")
        await asyncio.sleep(0.1)
