"""The database's webhook: a video was inserted."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel, ConfigDict, Field

from captionacc.api.auth import is_same_secret
from captionacc.api.dependencies import CurrentCatalog, CurrentServices
from captionacc.api.problems import problem_responses
from captionacc.api.views import Accepted
from captionacc.catalog.pool import Catalog
from captionacc.errors import NotFoundError, UnauthenticatedError, UsageError
from captionacc.logs import set_about
from captionacc.model.ids import TenantId, VideoId
from captionacc.model.runs import FlowName
from captionacc.model.videos import Video

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])


class InsertedVideo(BaseModel):
    """The new row; the rest of it is read from the database itself."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    tenant_id: UUID


class VideoInserted(BaseModel):
    """What Supabase's database webhooks send."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["INSERT"]
    table: Literal["videos"]
    schema_name: Literal["captionacc"] = Field(alias="schema")
    record: InsertedVideo
    old_record: None = None


def _check_secret(
    services: CurrentServices,
    x_webhook_secret: Annotated[str, Header(description="Proves that it is the database.")] = "",
) -> None:
    if not is_same_secret(x_webhook_secret, services.secrets.webhook_secret):
        raise UnauthenticatedError("The request does not prove that it is the database.")


@router.post(
    "/supabase",
    status_code=202,
    dependencies=[Depends(_check_secret)],
    summary="A video was inserted",
    responses=problem_responses(401, 403, 413, 422, 503),
)
async def accept_inserted_video(body: VideoInserted, catalog: CurrentCatalog) -> Accepted:
    """Queue the video's first processing; the same event twice is the same run.

    Answered after the run is safe in the ledger, whether or not anything can process it yet.
    """
    video = await _inserted(catalog, body.record)
    run = await catalog.runs.enqueue(
        FlowName.VIDEO_INITIAL_PROCESSING,
        tenant_id=video.tenant_id,
        video_id=video.id,
        idempotency_key=f"initial:{video.id}",
    )
    set_about(tenant_id=video.tenant_id, video_id=video.id, run_id=run.id)
    return Accepted(run_id=run.id)


async def _inserted(catalog: Catalog, record: InsertedVideo) -> Video:
    """The row as the database has it: of what was sent only the ids are believed, if they fit.

    Raises:
        UsageError: there is no such row.
    """
    try:
        return await catalog.videos.get(VideoId(str(record.id)), TenantId(str(record.tenant_id)))
    except NotFoundError:
        raise UsageError(f"The database has no video {record.id} of this tenant.") from None
