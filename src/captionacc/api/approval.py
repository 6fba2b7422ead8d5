"""Approval of a layout: from a crop region to the run that makes captions of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from captionacc.databases.layout import load_config
from captionacc.errors import ConflictError, LeasedError, ObjectNotFoundError
from captionacc.model.runs import FlowName, RunState
from captionacc.sync.places import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.api.auth import Member
    from captionacc.api.services import Services
    from captionacc.catalog.pool import Catalog
    from captionacc.model.geometry import CropRegion
    from captionacc.model.runs import Run
    from captionacc.model.videos import DatabaseState, Video
    from captionacc.sync.copies import WorkingCopies


async def current_region(copies: WorkingCopies, video: Video) -> CropRegion:
    """The crop region in the video's layout: as predicted, or as a person has moved it.

    Raises:
        ConflictError: the video has no layout yet, or no captions were found in it.
    """
    try:
        async with copies.use(_place(video)) as hosted:
            region = (await hosted.copy.read(load_config)).crop_region
    except ObjectNotFoundError:
        raise ConflictError(
            f"The video is {video.status} and has no layout yet.",
            "Wait until the layout can be reviewed, or retry what failed.",
        ) from None
    if region is None:
        raise ConflictError(
            "No captions were found in this video.", "Say where they are: give a crop_region."
        )
    return region


async def approve_layout(
    services: Services, member: Member, video: Video, region: CropRegion
) -> Run:
    """The run that finds the captions in this region; the same again, unless the region changed.

    Raises:
        ConflictError: the layout does not await a person.
        LeasedError: somebody else works on the layout.
    """
    run = await _enqueue(services.catalog, member, video, region)
    await services.copies.refresh(_place(video))
    return run


async def _enqueue(catalog: Catalog, member: Member, video: Video, region: CropRegion) -> Run:
    async with catalog.transaction() as tx:
        version = await tx.versions.next(video.id)  # others who approve wait from here on
        runs = await tx.runs.of_video(video.id, member.tenant_id)
        known = _known_run(runs, region)
        if known is not None:
            return known
        await _replace(tx, runs)
        await _end_editing(tx, member, video)
        await tx.videos.approve(video.id, member.tenant_id, region)
        await tx.versions.ensure(video.id, member.tenant_id, version, region)
        detail = {"version": version, "crop_region": region.as_tuple()}
        await tx.audit.record(member.tenant_id, member.user_id, "approve-layout", video.id, detail)
        return await tx.runs.enqueue(
            FlowName.CROP_AND_INFER,
            tenant_id=member.tenant_id,
            video_id=video.id,
            idempotency_key=f"crop:{video.id}:v{version}",
            subject=f"v{version}",
            parameters={"crop_region": list(region.as_tuple()), "version": version},
        )


def _known_run(runs: Sequence[Run], region: CropRegion) -> Run | None:
    """The newest approval's run, if it was of this region and did not fail."""
    newest = next((run for run in runs if run.flow == FlowName.CROP_AND_INFER), None)
    if newest is None or newest.state in {RunState.FAILED, RunState.CANCELLED}:
        return None
    is_same = newest.parameters.get("crop_region") == list(region.as_tuple())
    return newest if is_same else None


async def _replace(tx: Catalog, runs: Sequence[Run]) -> None:
    """End the work on earlier approvals: nobody wants it any more, and it holds the lease."""
    for run in runs:
        if run.flow == FlowName.CROP_AND_INFER and run.is_active:
            await tx.runs.request_cancel(run.id)


async def _end_editing(tx: Catalog, member: Member, video: Video) -> None:
    """Who approves needs the layout no longer; nobody else may be editing it.

    Raises:
        LeasedError: somebody else is.
    """
    state = await tx.databases.state(video.id, "layout")
    if state is None or state.lease_kind != "user" or state.lease_holder is None:
        return
    if state.lease_holder != member.user_id and _has_time_left(state):
        raise LeasedError(
            f"The layout is being edited by user {state.lease_holder}"
            f" until {state.lease_expires_at:%H:%M:%S %Z}.",
            "Try again when it is given back.",
        )
    await tx.databases.release(video.id, "layout", state.lease_holder, state.lease_generation)


def _has_time_left(state: DatabaseState) -> bool:
    return state.lease_expires_at is not None and state.lease_expires_at > datetime.now(UTC)


def _place(video: Video) -> Place:
    return Place(video.tenant_id, video.id, "layout")
