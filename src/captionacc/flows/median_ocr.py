"""``median-ocr``: reads captions, and puts their text into ``captions.db``."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final
from uuid import UUID  # noqa: TC003  # Prefect reads annotations at run time

from prefect import flow
from prefect.client.schemas.objects import State  # noqa: TC002  # as above

from captionacc.compute.contracts import MedianOcrJob, MedianOcrResult
from captionacc.databases.captions import CaptionOcr, OcrStatus
from captionacc.errors import BadInputError, InternalError, WorkerLostError
from captionacc.flows.hooks import tell_ledger_of_cancellation
from captionacc.flows.jobs import job_base
from captionacc.flows.ledger import Work
from captionacc.flows.run import open_run
from captionacc.model.ids import CaptionId, TenantId, VideoId
from captionacc.model.runs import FlowName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from captionacc.errors import CaptionAccError
    from captionacc.flows.run import FlowRun
    from captionacc.model.results import CaptionExtent

_MOST_LOSSES: Final = 16
"""Lost processes after which an attempt ends: two bad captions of 40 cost no more."""


@flow(name=FlowName.MEDIAN_OCR.value, on_cancellation=[tell_ledger_of_cancellation])
async def median_ocr(
    video_id: UUID, tenant_id: UUID, caption_ids: list[int], version: int
) -> State[None]:
    """Read captions from the median of their crop frames.

    Args:
        video_id: The video.
        tenant_id: Its owner.
        caption_ids: Captions in ``captions.db``.
        version: The crop-frames version to read from.
    """
    ids = [CaptionId(number) for number in caption_ids]
    work = Work(
        FlowName.MEDIAN_OCR,
        TenantId(str(tenant_id)),
        VideoId(str(video_id)),
        subject=_subject(version, ids),
        parameters={"caption_ids": caption_ids, "version": version},
    )
    async with open_run(work) as run:
        run.when_failed(lambda error: _mark_failed(run, ids, error))
        extents = await run.captions.extents(run.tenant_id, run.video_id, ids)
        texts = await _Reader(run, version).read(extents)
        await run.captions.store_ocr(run.tenant_id, run.video_id, texts)
        async with run.completing():
            pass  # when all is read, the ledger offers the text
    return run.outcome


def _subject(version: int, ids: Iterable[CaptionId]) -> str:
    """Names these captions, for a flow run that no batch of the ledger asked for."""
    digest = hashlib.sha256(",".join(map(str, sorted(ids))).encode()).hexdigest()[:16]
    return f"v{version}:{digest}"


class _Reader:
    """Reads captions, in halves where some stand in the way of the others.

    A process that is lost may have been killed for any reason, so the whole run is tried again
    first. When that does not help, the caption that kills its reader is looked for.
    """

    def __init__(self, run: FlowRun, version: int) -> None:
        self._run = run
        self._version = version
        self._losses_left = _MOST_LOSSES if run.ledger.attempt > 1 else 0

    async def read(self, extents: Mapping[CaptionId, CaptionExtent]) -> list[CaptionOcr]:
        """What each caption says; one that cannot be read does not take the others with it.

        Raises:
            WorkerLostError: processes are lost whatever they read, or this is the first attempt.
        """
        if not extents:
            return []
        try:
            result = await self._compute(extents)
        except (BadInputError, InternalError, WorkerLostError) as error:
            if isinstance(error, WorkerLostError):
                self._count_loss(error)
            return await self._read_halves(extents, error)
        return [
            CaptionOcr(
                caption_id,
                OcrStatus.COMPLETED,
                one.text,
                one.confidence,
                extent=extents[caption_id],
            )
            for caption_id, one in result.captions.items()
        ]

    async def _read_halves(
        self, extents: Mapping[CaptionId, CaptionExtent], error: CaptionAccError
    ) -> list[CaptionOcr]:
        if len(extents) == 1:
            return [
                CaptionOcr(one, OcrStatus.ERROR, error=error.message, extent=extents[one])
                for one in extents
            ]
        self._run.log.warning("Reading %d captions in halves: %s", len(extents), error)
        first, second = _halves(extents)
        return [*await self.read(first), *await self.read(second)]

    async def _compute(self, extents: Mapping[CaptionId, CaptionExtent]) -> MedianOcrResult:
        job = MedianOcrJob(
            job_key="read",
            version=self._version,
            captions=extents,
            **job_base(self._run.tenant_id, self._run.video_id),
        )
        try:
            return await self._run.compute(job, MedianOcrResult)
        except WorkerLostError as error:
            if len(extents) > 1:
                raise
            self._count_loss(error)
            return await self._run.compute(job, MedianOcrResult)  # it alone may have had bad luck

    def _count_loss(self, error: WorkerLostError) -> None:
        if not self._losses_left:
            raise error
        self._losses_left -= 1


def _halves(
    extents: Mapping[CaptionId, CaptionExtent],
) -> tuple[dict[CaptionId, CaptionExtent], dict[CaptionId, CaptionExtent]]:
    pairs = list(extents.items())
    middle = len(pairs) // 2
    return dict(pairs[:middle]), dict(pairs[middle:])


async def _mark_failed(run: FlowRun, ids: Iterable[CaptionId], error: CaptionAccError) -> None:
    failures = [CaptionOcr(one, OcrStatus.ERROR, error=error.message) for one in ids]
    await run.captions.store_ocr(run.tenant_id, run.video_id, failures)
