"""The databases that browsers share: where they stand, and who may write."""

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path

from captionacc.api.dependencies import CurrentCatalog, CurrentMember, OwnVideo
from captionacc.api.problems import problem_responses
from captionacc.api.views import DatabaseView
from captionacc.model.videos import DatabaseName

router = APIRouter(prefix="/v1/videos/{video_id}/databases/{database}", tags=["databases"])

_LEASE_S: Final = 120.0

Database = Annotated[DatabaseName, Path(description="Which one.")]


@router.get(
    "", summary="Where a database stands", responses=problem_responses(401, 403, 404, 422, 503)
)
async def get_database(
    database: Database, video: OwnVideo, member: CurrentMember, catalog: CurrentCatalog
) -> DatabaseView:
    """Its stored copy, and who may write it now."""
    state = await catalog.databases.state(video.id, database)
    if state is None:
        return DatabaseView(database=database, version=0, etag=None, lease=None)
    return DatabaseView.of(state, member.user_id, datetime.now(UTC))


@router.post(
    "/lock",
    summary="Take or renew the lease",
    responses=problem_responses(401, 403, 404, 409, 413, 422, 503),
)
async def lock_database(
    database: Database, video: OwnVideo, member: CurrentMember, catalog: CurrentCatalog
) -> DatabaseView:
    """For two minutes from now; ask again before they are over. 409 names who else holds it."""
    state = await catalog.databases.acquire_lease(
        video.id, database, member.tenant_id, "user", member.user_id, _LEASE_S
    )
    return DatabaseView.of(state, member.user_id, datetime.now(UTC))


@router.delete(
    "/lock",
    status_code=204,
    summary="Give the lease back",
    responses=problem_responses(401, 403, 404, 413, 422, 503),
)
async def unlock_database(
    database: Database, video: OwnVideo, member: CurrentMember, catalog: CurrentCatalog
) -> None:
    """Nothing happens if the caller does not hold it."""
    state = await catalog.databases.state(video.id, database)
    if state is not None and (state.lease_kind, state.lease_holder) == ("user", member.user_id):
        await catalog.databases.release(video.id, database, member.user_id, state.lease_generation)
