"""A tenant's live events as server-sent events (the HTML standard, section 9.2).

Each stream reads from the catalog at the pace of its client, so a slow one fills no memory and
holds nobody up; one that takes nothing for half a minute is hung up.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import anyio
from sse_starlette import EventSourceResponse, JSONServerSentEvent, ServerSentEvent
from sse_starlette.sse import SendTimeoutError

from captionacc.api.views import VideoView
from captionacc.catalog.rows import to_video
from captionacc.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import Receive, Scope, Send

    from captionacc.api.auth import Member
    from captionacc.api.services import Services
    from captionacc.catalog.events import Event

_PAGE: Final = 100
_HEARTBEAT_S: Final = 15
_SEND_TIMEOUT_S: Final = 30.0
_GRACE_S: Final = 2.0
"""How long a stream may take to end with the server."""

_LOOK_AGAIN_S: Final = 0.03
"""How soon after events were seen that are held back: about as long as transactions take."""

_LONGEST_WAIT_S: Final = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a stream begins; ``is_new`` if the client does not know that yet."""

    id: str
    is_new: bool


class EventStream(EventSourceResponse):
    """The response; it ends with the client, the token or the server.

    Args:
        services: Where events come from.
        member: For whom.
        woken: Set when there may be something new.
        begin: After which event.
    """

    media_type = "text/event-stream"

    def __init__(
        self, services: Services, member: Member, woken: asyncio.Event, begin: Position
    ) -> None:
        self._services = services
        self._member = member
        self._woken = woken
        self._closing = anyio.Event()
        super().__init__(
            self._events(begin),
            ping=_HEARTBEAT_S,
            sep="\n",
            send_timeout=_SEND_TIMEOUT_S,
            shutdown_event=self._closing,
            shutdown_grace_period=_GRACE_S,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until an end is reached."""
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            _log.info("hung up on a client that took no events")

    async def _events(self, begin: Position) -> AsyncGenerator[ServerSentEvent]:
        if begin.is_new:  # so that a client that was told nothing yet can resume
            yield ServerSentEvent(id=begin.id, sep="\n")
        last_id = begin.id
        try:
            while not self._is_over():
                self._woken.clear()
                tenant_id, catalog = self._member.tenant_id, self._services.catalog
                events = await catalog.events.since(tenant_id, last_id, _PAGE)
                for event in events:
                    last_id = event.id
                    yield _told(event)
                if len(events) < _PAGE:
                    is_held_back = await catalog.events.is_held_back(tenant_id, last_id)
                    await self._wait(_LOOK_AGAIN_S if is_held_back else _LONGEST_WAIT_S)
        except TransientError as error:  # the client comes again, with the last event's id
            _log.warning("an event stream ends: %s", error)

    def _is_over(self) -> bool:
        return self._closing.is_set() or self._member.expires_at <= datetime.now(UTC)

    async def _wait(self, longest_s: float) -> None:
        """Until there may be something new, or the stream is over."""
        left_s = (self._member.expires_at - datetime.now(UTC)).total_seconds()
        waits = [asyncio.create_task(one.wait()) for one in (self._woken, self._closing)]
        try:
            await asyncio.wait(
                waits,
                timeout=max(min(longest_s, left_s), 0),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for one in waits:
                one.cancel()


def _told(event: Event) -> ServerSentEvent:
    return JSONServerSentEvent(_data(event), event=event.kind, id=event.id, sep="\n")


def _data(event: Event) -> dict[str, Any]:
    """What the API says of the same thing elsewhere; a run's is only what changes."""
    if event.kind == "video":
        return VideoView.of(to_video(event.payload)).model_dump(mode="json")
    return {"video_id": event.video_id, **event.payload}
