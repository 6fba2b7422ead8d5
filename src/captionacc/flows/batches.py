"""In which batches the captions of a crop-frames version are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from captionacc.model.runs import FlowName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.catalog.pool import Catalog
    from captionacc.model.ids import CaptionId
    from captionacc.model.runs import Run

_BATCH_SIZE: Final = 40


async def enqueue_reading(
    catalog: Catalog, origin: Run, version: int, caption_ids: Sequence[CaptionId]
) -> int:
    """Queue ``median-ocr`` for all these captions of ``version``; returns how many runs.

    Args:
        catalog: Best the transaction that activates the version.
        origin: The run that found the captions; its priority is passed on.
        version: The crop-frames version to read from.
        caption_ids: Captions in order of time.
    """
    starts = range(0, len(caption_ids), _BATCH_SIZE)
    for number, start in enumerate(starts):
        await catalog.runs.enqueue(
            FlowName.MEDIAN_OCR,
            tenant_id=origin.tenant_id,
            video_id=origin.video_id,
            idempotency_key=f"median:{origin.video_id}:v{version}:{number}",
            subject=f"v{version}:{number}",
            parameters={
                "caption_ids": list(caption_ids[start : start + _BATCH_SIZE]),
                "version": version,
            },
            priority=origin.priority,
        )
    return len(starts)
