"""Live events of the tenant."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Depends, Header

from captionacc.api.dependencies import CurrentMember, CurrentServices
from captionacc.api.event_stream import EventStream, Position
from captionacc.api.problems import problem_responses

router = APIRouter(prefix="/v1/events", tags=["events"])

_EXAMPLE = """id: 7431-902
event: run
data: {"id":"5f0c…","video_id":"0b9e…","flow":"median-ocr","state":"running","progress":0.4}

"""


async def _wait_for_events(
    services: CurrentServices, member: CurrentMember
) -> AsyncGenerator[asyncio.Event]:
    """Lasts as long as the response."""
    with services.events.waiting(member.tenant_id) as woken, services.metrics.stream():
        yield woken


Woken = Annotated[asyncio.Event, Depends(_wait_for_events)]


@router.get(
    "",
    summary="Live changes of videos, runs and captions",
    status_code=200,
    response_class=EventStream,
    response_description="Server-sent events `video`, `run` and `captions`, with JSON as data.",
    responses=problem_responses(401, 403, 422, 429, 503)
    | {
        200: {
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
        }
    },
)
async def stream_events(
    services: CurrentServices,
    member: CurrentMember,
    woken: Woken,
    last_event_id: Annotated[
        str | None,
        Header(
            pattern=r"^[0-9]{1,19}-[0-9]{1,18}$",
            description="The last event that was seen: the stream goes on after it.",
        ),
    ] = None,
) -> EventStream:
    """What changes from now on, or since the last event that was seen.

    Comments keep the connection alive. The stream ends when the token expires: come again with a
    new one and the last event's id.
    """
    begin = last_event_id or await services.catalog.events.latest(member.tenant_id)
    return EventStream(services, member, woken, Position(begin, is_new=last_event_id is None))
