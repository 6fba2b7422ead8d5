"""A client that takes no events."""

import asyncio
import logging
from types import SimpleNamespace

from captionacc.api import event_stream
from captionacc.api.auth import Member
from captionacc.api.event_stream import EventStream, Position
from captionacc.catalog.pool import open_catalog

from .world import later


def test_hung_up_on(world, member, monkeypatch, caplog):
    """A client that takes nothing for a while is hung up on, and holds nothing any more."""
    monkeypatch.setattr(event_stream, "_SEND_TIMEOUT_S", 0.3)
    caplog.set_level(logging.INFO, event_stream.__name__)
    world.new_video(member.tenant_id)
    sent = []

    async def never():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message["type"])
        if message["type"] == "http.response.body":
            await never()

    async def stream():
        reader = Member("reader", member.tenant_id, later(600))
        async with open_catalog(world.database_url) as catalog:
            services = SimpleNamespace(catalog=catalog)
            answer = EventStream(services, reader, asyncio.Event(), Position("0-0", is_new=True))
            scope = {"type": "http", "method": "GET", "path": "/v1/events", "headers": []}
            async with asyncio.timeout(20):
                await answer(scope, never, send)

    asyncio.run(stream())
    assert sent == ["http.response.start", "http.response.body"]
    assert "hung up" in caplog.text
