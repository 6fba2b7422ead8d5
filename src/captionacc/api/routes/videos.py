"""Videos: list, look, rename, remove, and what was done for them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import model_validator

from captionacc.api.dependencies import CurrentCatalog, CurrentMember, CurrentServices, OwnVideo
from captionacc.api.fields import Fingerprint, Folder, Request, Search, Title
from captionacc.api.problems import problem_responses
from captionacc.api.services import Services
from captionacc.api.views import (
    FolderList,
    FolderView,
    RunList,
    VideoList,
    VideoView,
    VideoWithWork,
)
from captionacc.catalog.holds import Hold
from captionacc.catalog.pool import Catalog
from captionacc.model.ids import TenantId, VideoId
from captionacc.model.runs import Run, RunState
from captionacc.model.videos import Video
from captionacc.storage.keys import VideoKeys

router = APIRouter(prefix="/v1/videos", tags=["videos"])
deleted = APIRouter(prefix="/v1/deleted-videos", tags=["videos"])
folders = APIRouter(prefix="/v1/folders", tags=["videos"])

_PAGE = 50
_LONGEST_PAGE = 100
_URL_S = 900


async def _holds(catalog: Catalog, tenant_id: TenantId, active: Sequence[Run]) -> list[Hold]:
    """What holds the tenant's queue, if anything is queued."""
    is_waiting = any(run.state is RunState.QUEUED for run in active)
    return await catalog.holds.of_tenant(tenant_id) if is_waiting else []


class VideoChange(Request):
    """What is to be changed; at least one of the two."""

    title: Title | None = None
    folder: Folder | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.title is None and self.folder is None:
            raise ValueError("give a title, a folder or both")
        return self


@router.get("", summary="The tenant's videos", responses=problem_responses(401, 403, 422, 503))
async def list_videos(  # noqa: PLR0917  # FastAPI passes them by name
    member: CurrentMember,
    catalog: CurrentCatalog,
    services: CurrentServices,
    limit: Annotated[int, Query(ge=1, le=_LONGEST_PAGE)] = _PAGE,
    before: Annotated[UUID | None, Query(description="`next` of the page before.")] = None,
    folder: Annotated[Folder | None, Query(description="Only those in this folder.")] = None,
    search: Annotated[Search | None, Query()] = None,
    fingerprint: Annotated[
        Fingerprint | None, Query(description="Only those uploaded from a file with this one.")
    ] = None,
) -> VideoList:
    """A page of videos, the newest first."""
    videos = await catalog.videos.list(
        member.tenant_id,
        folder=folder,
        search=search,
        fingerprint=fingerprint,
        limit=limit + 1,
        before=None if before is None else VideoId(str(before)),
    )
    page = videos[:limit]
    active = await catalog.runs.active_of(member.tenant_id, [video.id for video in page])
    holds = await _holds(catalog, member.tenant_id, active)
    return VideoList(
        videos=tuple(
            VideoWithWork.of_both(video, active, holds, _thumbnail(services, video))
            for video in page
        ),
        next=page[-1].id if len(videos) > limit else None,
    )


@deleted.get("", summary="Videos that can be had back", responses=problem_responses(401, 403, 503))
async def list_deleted_videos(
    member: CurrentMember, catalog: CurrentCatalog, services: CurrentServices
) -> VideoList:
    """The latest hundred, the last deleted first; each can be restored until its `purge_at`."""
    kept = timedelta(seconds=services.settings.deleted_kept_s)
    found = await catalog.deleted.list(member.tenant_id, _LONGEST_PAGE)
    views = (
        VideoWithWork.of_both(video, (), thumbnail_url=_thumbnail(services, video))
        for video in found
    )
    return VideoList(
        videos=tuple(
            view.model_copy(update={"purge_at": view.deleted_at and view.deleted_at + kept})
            for view in views
        ),
        next=None,
    )


@router.get("/{video_id}", summary="A video", responses=problem_responses(401, 403, 404, 422, 503))
async def get_video(
    video: OwnVideo, catalog: CurrentCatalog, services: CurrentServices
) -> VideoWithWork:
    """Where it stands, and what is known of it."""
    active = await catalog.runs.active_of(video.tenant_id, [video.id])
    holds = await _holds(catalog, video.tenant_id, active)
    return VideoWithWork.of_both(video, active, holds, _thumbnail(services, video))


@router.patch(
    "/{video_id}",
    summary="Rename or move a video",
    responses=problem_responses(401, 403, 404, 413, 422, 503),
)
async def change_video(
    video: OwnVideo, body: VideoChange, member: CurrentMember, catalog: CurrentCatalog
) -> VideoView:
    """Another title, another folder, or both."""
    async with catalog.transaction() as tx:
        if body.title is not None:
            video = await tx.videos.rename(video.id, member.tenant_id, body.title)
        if body.folder is not None:
            video = await tx.videos.move(video.id, member.tenant_id, body.folder)
    return VideoView.of(video)


@router.delete(
    "/{video_id}",
    status_code=204,
    summary="Remove a video",
    responses=problem_responses(401, 403, 404, 413, 422, 503),
)
async def delete_video(video: OwnVideo, member: CurrentMember, catalog: CurrentCatalog) -> None:
    """It is no longer listed, and its work is cancelled; it can be restored for a while."""
    async with catalog.transaction() as tx:
        await tx.videos.delete(video.id, member.tenant_id)
        await tx.audit.record(member.tenant_id, member.user_id, "delete-video", video.id)


@router.get(
    "/{video_id}/runs",
    summary="What was done for a video",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def list_runs(video: OwnVideo, member: CurrentMember, catalog: CurrentCatalog) -> RunList:
    """All its runs, the newest first."""
    return RunList.of(await catalog.runs.of_video(video.id, member.tenant_id))


@folders.get(
    "", summary="The folders of the tenant's videos", responses=problem_responses(401, 403, 503)
)
async def list_folders(member: CurrentMember, catalog: CurrentCatalog) -> FolderList:
    """Those that hold a video, by name."""
    counts = await catalog.videos.folders(member.tenant_id)
    return FolderList(
        folders=tuple(FolderView(name=name, video_count=count) for name, count in counts.items())
    )


def _thumbnail(services: Services, video: Video) -> str | None:
    if not video.frame_count:
        return None
    key = VideoKeys(video.tenant_id, video.id).thumbnail(video.frame_count // 2)
    return services.signer.presign_get(key, _URL_S)
