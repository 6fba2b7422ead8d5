"""Has captions read that a person has moved or confirmed, and waits a little for the text."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from captionacc.model.runs import FlowName

if TYPE_CHECKING:
    from captionacc.api.event_hub import EventHub
    from captionacc.catalog.pool import Catalog
    from captionacc.databases.corrections import Corrected
    from captionacc.model.runs import Run
    from captionacc.model.videos import Video

_PRIORITY: Final = 20
"""A person waits: before all batches that have waited for less than ten minutes."""

_PATIENCE_S: Final = 10.0


async def enqueue_reading(catalog: Catalog, video: Video, corrected: Corrected) -> Run | None:
    """The run that reads what the correction leaves to be read; ``None`` if that is nothing.

    The same captions in the same state are the same run.
    """
    if not corrected.to_read:
        return None
    state = [(one.id, one.extent, one.updated_at) for one in corrected.to_read]
    digest = hashlib.sha256(repr(state).encode()).hexdigest()[:16]
    subject = f"v{video.active_version}:c{corrected.caption.id}:{digest}"
    return await catalog.runs.enqueue(
        FlowName.MEDIAN_OCR,
        tenant_id=video.tenant_id,
        video_id=video.id,
        idempotency_key=f"median:{video.id}:{subject}",
        subject=subject,
        parameters={
            "caption_ids": [one.id for one in corrected.to_read],
            "version": video.active_version,
        },
        priority=_PRIORITY,
    )


async def has_ended(catalog: Catalog, hub: EventHub, run: Run) -> bool:
    """Whether the run is over within a few seconds; not waited for where too many wait already."""
    try:
        with hub.waiting(run.tenant_id) as woken:
            async with asyncio.timeout(_PATIENCE_S):
                while (await catalog.runs.get(run.id)).is_active:
                    await woken.wait()
                    woken.clear()
    except (TimeoutError, HTTPException):
        return False
    return True
