"""``crop-and-infer``: from an approved layout to captions that are being read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003  # Prefect reads annotations at run time

from prefect import flow
from prefect.client.schemas.objects import State  # noqa: TC002  # as above

from captionacc.compute.contracts import CropInferJob, CropInferResult
from captionacc.flows.batches import enqueue_reading
from captionacc.flows.hooks import tell_ledger_of_cancellation
from captionacc.flows.jobs import job_base
from captionacc.flows.ledger import Work
from captionacc.flows.run import open_run
from captionacc.model.geometry import CropRegion
from captionacc.model.ids import TenantId, VideoId
from captionacc.model.runs import FlowName
from captionacc.model.videos import StageStatus

if TYPE_CHECKING:
    from captionacc.catalog.pool import Catalog
    from captionacc.flows.captions_api import BuiltCaptions
    from captionacc.flows.run import FlowRun


@flow(name=FlowName.CROP_AND_INFER.value, on_cancellation=[tell_ledger_of_cancellation])
async def crop_and_infer(
    video_id: UUID, tenant_id: UUID, crop_region: list[float], version: int
) -> State[None]:
    """Store crop frames, find the captions' boundaries, and have the captions read.

    Args:
        video_id: The video.
        tenant_id: Its owner.
        crop_region: Left, top, right and bottom of the captions' place, 0-1 in the full frame.
        version: Number of the crop-frames version to make; the one before stays active until
            this one is complete.
    """
    work = Work(
        FlowName.CROP_AND_INFER,
        TenantId(str(tenant_id)),
        VideoId(str(video_id)),
        subject=f"v{version}",
        parameters={"crop_region": crop_region, "version": version},
    )
    async with open_run(work) as run:
        await run.lease("layout")
        region = CropRegion.parse(",".join(map(str, crop_region)))
        await run.catalog.versions.ensure(run.video_id, run.tenant_id, version, region)
        result = await _infer(run, region, version)
        run.say("build captions")
        built = await run.captions.build(run.tenant_id, run.video_id, version, run.ledger.id)
        async with run.completing() as tx:
            await tx.versions.activate(run.video_id, version, result.frame_count)
            await _show_captions(tx, run, version, built)
    return run.outcome


async def _infer(run: FlowRun, region: CropRegion, version: int) -> CropInferResult:
    job = CropInferJob(
        job_key="infer",
        crop_region=region,
        version=version,
        **job_base(run.tenant_id, run.video_id),
    )
    return await run.compute(job, CropInferResult)


async def _show_captions(tx: Catalog, run: FlowRun, version: int, built: BuiltCaptions) -> None:
    """The captions await a person at once; their text when all of it is read."""
    batches = await enqueue_reading(tx, run.ledger, version, built.caption_ids)
    await tx.videos.set_stage(
        run.video_id,
        captions=StageStatus.ANNOTATE,
        text=StageStatus.WAIT if batches else StageStatus.ANNOTATE,
        caption_count=built.caption_count,
    )
