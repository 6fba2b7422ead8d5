"""What a person asks for a video: go on, try again, declare done."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body
from pydantic import Field

from captionacc.api.approval import approve_layout as approve
from captionacc.api.approval import current_region
from captionacc.api.dependencies import CurrentCatalog, CurrentMember, CurrentServices, OwnVideo
from captionacc.api.fields import Request
from captionacc.api.problems import problem_responses
from captionacc.api.views import Accepted, Region, VideoView
from captionacc.model.geometry import CropRegion

router = APIRouter(
    prefix="/v1/videos/{video_id}/actions",
    tags=["actions"],
    responses=problem_responses(401, 403, 404, 409, 413, 422, 503),
)


class Approval(Request):
    """Where the captions are."""

    crop_region: Region | None = Field(
        default=None, description="If it is left out, the one in the layout database."
    )


class Retried(Accepted):
    """The work that was started again."""

    run_ids: tuple[str, ...] = Field(description="All of it; the first is `run_id`.")


@router.post("/approve-layout", status_code=202, summary="Approve where the captions are")
async def approve_layout(
    video: OwnVideo,
    member: CurrentMember,
    services: CurrentServices,
    body: Annotated[Approval | None, Body()] = None,
) -> Accepted:
    """Start finding the captions there. The same region again is the same run.

    A lease on the layout that the caller holds is given back; 409 if somebody else holds it.
    """
    given = None if body is None else body.crop_region
    region = await current_region(services.copies, video) if given is None else CropRegion(*given)
    return Accepted(run_id=(await approve(services, member, video, region)).id)


@router.post("/retry", status_code=202, summary="Start failed work again")
async def retry_video(video: OwnVideo, member: CurrentMember, catalog: CurrentCatalog) -> Retried:
    """All work of the video that failed or was cancelled and is still wanted."""
    async with catalog.transaction() as tx:
        runs = await tx.runs.retry_failed(video.id, member.tenant_id)
        await tx.audit.record(member.tenant_id, member.user_id, "retry", video.id)
    return Retried(run_id=runs[0].id, run_ids=tuple(run.id for run in runs))


@router.post("/complete-captions", summary="Declare the captions' times done")
async def complete_captions(
    video: OwnVideo, member: CurrentMember, catalog: CurrentCatalog
) -> VideoView:
    """`captions_status` becomes `done`; said again, nothing changes."""
    return await _complete(catalog, member, video, "captions")


@router.post("/complete-text", summary="Declare the captions' texts done")
async def complete_text(
    video: OwnVideo, member: CurrentMember, catalog: CurrentCatalog
) -> VideoView:
    """`text_status` becomes `done`; said again, nothing changes."""
    return await _complete(catalog, member, video, "text")


async def _complete(
    catalog: CurrentCatalog,
    member: CurrentMember,
    video: OwnVideo,
    stage: Literal["captions", "text"],
) -> VideoView:
    async with catalog.transaction() as tx:
        done = await tx.videos.complete_stage(video.id, member.tenant_id, stage)
        await tx.audit.record(member.tenant_id, member.user_id, f"complete-{stage}", video.id)
    return VideoView.of(done)
