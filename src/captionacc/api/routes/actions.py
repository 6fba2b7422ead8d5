"""What a person asks for a video: go on, try again, declare done."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import Field

from captionacc.api.approval import approve_layout as approve
from captionacc.api.approval import current_region
from captionacc.api.dependencies import CurrentCatalog, CurrentMember, CurrentServices, OwnVideo
from captionacc.api.fields import Request
from captionacc.api.problems import problem_responses
from captionacc.api.views import Accepted, Region, VideoView
from captionacc.errors import ConflictError
from captionacc.model.geometry import CropRegion
from captionacc.model.ids import VideoId

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


class AcceptedRuns(Accepted):
    """The work that was started again, or is to end."""

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
async def retry_video(
    video: OwnVideo, member: CurrentMember, catalog: CurrentCatalog
) -> AcceptedRuns:
    """All work of the video that failed or was cancelled and is still wanted."""
    async with catalog.transaction() as tx:
        runs = await tx.runs.retry_failed(video.id, member.tenant_id)
        await tx.audit.record(member.tenant_id, member.user_id, "retry", video.id)
    return AcceptedRuns(run_id=runs[0].id, run_ids=tuple(run.id for run in runs))


@router.post("/cancel", status_code=202, summary="Cancel all work on a video")
async def cancel_video(
    video: OwnVideo, member: CurrentMember, catalog: CurrentCatalog
) -> AcceptedRuns:
    """What waits ends at once, what is under way as soon as it notices; 409 if there is nothing."""
    async with catalog.transaction() as tx:
        runs = await tx.runs.cancel_all(video.id, member.tenant_id)
        if not runs:
            raise ConflictError("Nothing is done for this video.", "There is nothing to cancel.")
        await tx.audit.record(member.tenant_id, member.user_id, "cancel-video", video.id)
    return AcceptedRuns(run_id=runs[0].id, run_ids=tuple(run.id for run in runs))


@router.post("/restore", summary="Have a deleted video back")
async def restore_video(
    video_id: UUID, member: CurrentMember, catalog: CurrentCatalog
) -> VideoView:
    """What its deletion has cancelled is queued again; 404 when it is being removed for good."""
    wanted = VideoId(str(video_id))
    async with catalog.transaction() as tx:
        video = await tx.deleted.restore(wanted, member.tenant_id)
        await tx.audit.record(member.tenant_id, member.user_id, "restore-video", wanted)
    return VideoView.of(video)


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
