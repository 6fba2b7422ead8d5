"""A tenant's live events as server-sent events (the HTML standard, section 9.2).

Each stream reads from the catalog at the pace of its client, so a slow one fills no memory and
holds nobody up; one that takes nothing for half a minute is hung up.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sse_starlette import EventSourceResponse, JSONServerSentEvent, ServerSentEvent
from sse_starlette.sse import SendTimeoutError

from captionacc.api.views import VideoView
from captionacc.catalog.rows import to_video
from captionacc.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from starlette.types import Receive, Scope, Send

    from captionacc.api.auth import Member
    from captionacc.api.services import Services
    from captionacc.catalog.events import Event

_PAGE: Final = 100
_HEARTBEAT_S: Final = 15
_SEND_TIMEOUT_S: Final = 30.0
_LOOK_AGAIN_S: Final = 0.03
"""How soon after events were seen that are held back: about as long as transactions take."""

_LONGEST_WAIT_S: Final = 30.0

_log = logging.getLogger(__name__)


class EventStream(EventSourceResponse):
    """The response; a client that takes nothing ends it."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[ServerSentEvent]) -> None:
        super().__init__(events, ping=_HEARTBEAT_S, sep="\n", send_timeout=_SEND_TIMEOUT_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until an end is reached on either side."""
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            _log.info("hung up on a client that took no events")


async def live_events(
    services: Services, member: Member, woken: asyncio.Event, position: str, *, tell_position: bool
) -> AsyncGenerator[ServerSentEvent]:
    """The tenant's events after ``position``, until the member's token expires.

    Args:
        services: Where they come from.
        member: For whom.
        woken: Set when there may be something new.
        position: Of the last event that the client knows.
        tell_position: Begin with it, so that a client that was told nothing yet can resume.
    """
    if tell_position:
        yield ServerSentEvent(id=position, sep="\n")
    try:
        while True:
            woken.clear()
            events = await services.catalog.events.since(member.tenant_id, position, _PAGE)
            for event in events:
                position = event.id
                yield _told(event)
            if len(events) < _PAGE and not await _wait(services, member, woken, position):
                return
    except TransientError as error:  # the client comes again, with the last event's id
        _log.warning("an event stream ends: %s", error)


async def _wait(services: Services, member: Member, woken: asyncio.Event, position: str) -> bool:
    """Until there may be something new; ``False`` if the token has expired."""
    left_s = (member.expires_at - datetime.now(UTC)).total_seconds()
    if left_s <= 0:
        return False
    is_held_back = await services.catalog.events.is_held_back(member.tenant_id, position)
    longest_s = _LOOK_AGAIN_S if is_held_back else _LONGEST_WAIT_S
    with suppress(TimeoutError):
        await asyncio.wait_for(woken.wait(), min(longest_s, left_s))
    return True


def _told(event: Event) -> ServerSentEvent:
    return JSONServerSentEvent(_data(event), event=event.kind, id=event.id, sep="\n")


def _data(event: Event) -> dict[str, Any]:
    """What the API says of the same thing elsewhere; a run's is only what changes."""
    if event.kind == "video":
        return VideoView.of(to_video(event.payload)).model_dump(mode="json")
    return {"video_id": event.video_id, **event.payload}
