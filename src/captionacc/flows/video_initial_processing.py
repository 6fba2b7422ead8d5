"""``video-initial-processing``: from an upload to a layout that a person can review."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003  # Prefect reads annotations at run time

from prefect import flow
from prefect.client.schemas.objects import State  # noqa: TC002  # as above

from captionacc.compute.contracts import ExtractJob, ExtractResult
from captionacc.flows.hooks import tell_ledger_of_cancellation
from captionacc.flows.jobs import job_base
from captionacc.flows.ledger import Work
from captionacc.flows.run import open_run
from captionacc.model.ids import TenantId, VideoId
from captionacc.model.runs import FlowName
from captionacc.settings import get_settings

if TYPE_CHECKING:
    from captionacc.flows.run import FlowRun


@flow(name=FlowName.VIDEO_INITIAL_PROCESSING.value, on_cancellation=[tell_ledger_of_cancellation])
async def video_initial_processing(video_id: UUID, tenant_id: UUID) -> State[None]:
    """Sample and read full frames, find the captions' place, and make the video active."""
    tenant, video = TenantId(str(tenant_id)), VideoId(str(video_id))
    work = Work(FlowName.VIDEO_INITIAL_PROCESSING, tenant, video, subject="", parameters={})
    async with open_run(work) as run:
        result = await _extract(run)
        async with run.completing() as tx:
            await tx.videos.activate(video, result.probe, result.frame_count, result.crop_region)
    return run.outcome


async def _extract(run: FlowRun) -> ExtractResult:
    job = ExtractJob(
        job_key="extract",
        interval_s=get_settings().layout_interval_s,
        **job_base(run.tenant_id, run.video_id),
    )
    return await run.compute(job, ExtractResult)
