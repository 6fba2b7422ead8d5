"""Predictions of layouts anew, whenever a person has changed something.

The search needs numpy, which this process does without: a compute process does it. It is started
with the first layout that is opened, and ended when none was for a while.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from captionacc.compute.backends.process import WorkerOptions, WorkerProcess
from captionacc.compute.contracts import LabelledBox, RelabelJob, RelabelResult
from captionacc.databases.layout import (
    BoxLabel,
    LayoutConfig,
    load_boxes,
    load_config,
    move_region,
    store_predictions,
)
from captionacc.errors import InternalError, WorkerLostError
from captionacc.flows.jobs import job_base
from captionacc.sync import records

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from captionacc.databases.layout import LayoutBox
    from captionacc.model.videos import Video
    from captionacc.sync.engine.database import SyncDatabase
    from captionacc.sync.working_copy import WorkingCopy

_OPTIONS: Final = WorkerOptions(
    runner="captionacc.compute.relabel:relabel", hang_timeout_s=30.0, memory_limit_mb=512
)
_UNUSED_S: Final = 120.0

_log: Final = logging.getLogger(__name__)


class LayoutPredictions:
    """The compute process, one job at a time."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._process: WorkerProcess | None = None
        self._used_at = 0.0

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """The process does not outlive the block."""
        watch = asyncio.create_task(self._end_when_unused())
        try:
            yield
        finally:
            watch.cancel()
            self._end()

    async def prepare(self) -> None:
        """Start the process now, since it will be needed."""
        async with self._lock:
            self._used_at = time.monotonic()
            await asyncio.to_thread(self._started)

    async def renew(self, video: Video, copy: WorkingCopy) -> None:
        """Predict again, from what a person has said, and store what is different.

        What a person has set stays: labels, and the crop region if it was moved.

        Raises:
            WorkerLostError: the process has died; the next change starts another one.
        """
        async with self._lock:  # whoever has to wait looks at what is there after the wait
            boxes, config, job = await copy.read(lambda database: _evidence(database, video))
            self._used_at = time.monotonic()
            found = await asyncio.to_thread(self._run_now, job)
        await copy.write(lambda database: _store(database, boxes, config, found))

    def _run_now(self, job: RelabelJob) -> RelabelResult:
        try:
            result = self._started().run(job, lambda _: None, lambda: False)
        except WorkerLostError:
            self._end()
            raise
        if not isinstance(result, RelabelResult):
            raise InternalError(f"Relabelling returned a {type(result).__name__}.")
        return result

    def _started(self) -> WorkerProcess:
        if self._process is None or not self._process.is_alive():
            self._process = WorkerProcess(_OPTIONS)
        return self._process

    async def _end_when_unused(self) -> None:
        while True:
            await asyncio.sleep(_UNUSED_S / 4)
            async with self._lock:
                if time.monotonic() - self._used_at > _UNUSED_S:
                    self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()


def _evidence(
    database: SyncDatabase, video: Video
) -> tuple[tuple[LayoutBox, ...], LayoutConfig, RelabelJob]:
    """What there is to look at; made in the database's thread, for it may be much."""
    boxes, config = load_boxes(database), load_config(database)
    job = RelabelJob(
        job_key="relabel",
        **job_base(video.tenant_id, video.id),
        width=config.frame_width,
        height=config.frame_height,
        duration_s=video.duration_s or 1.0,
        frame_count=video.frame_count or 1,
        crop_region=config.crop_region if records.has_persons_crop(database) else None,
        boxes=tuple(
            LabelledBox(
                frame_index=one.frame_index,
                box_index=one.box_index,
                box=one.box,
                label=None if one.label is None else one.label.value,
            )
            for one in boxes
        ),
    )
    return boxes, config, job


def _store(
    database: SyncDatabase,
    boxes: Sequence[LayoutBox],
    before: LayoutConfig,
    found: RelabelResult,
) -> None:
    labels = ((BoxLabel(label), confidence) for label, confidence in found.boxes)
    store_predictions(
        database, [(one, *verdict) for one, verdict in zip(boxes, labels, strict=True)]
    )
    if not records.has_persons_crop(database):
        move_region(database, _proposed(before, found))


def _proposed(before: LayoutConfig, found: RelabelResult) -> LayoutConfig:
    region = found.crop_region
    return LayoutConfig(
        before.frame_width,
        before.frame_height,
        region,
        found.anchor,
        found.anchor_position,
        None if region is None else (region.top + region.bottom) / 2,
    )
