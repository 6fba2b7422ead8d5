"""What flows ask for: captions.db has one writer, and flows are not it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from captionacc.api.dependencies import CurrentCaptions, CurrentCatalog, ServiceToken
from captionacc.api.problems import problem_responses
from captionacc.catalog.pool import Catalog
from captionacc.databases.captions import CaptionOcr, OcrStatus
from captionacc.databases.predictions import Staged
from captionacc.errors import UsageError
from captionacc.logs import set_about
from captionacc.model.ids import CaptionId, RunId, TenantId, VideoId
from captionacc.model.results import CaptionExtent
from captionacc.model.videos import Video

router = APIRouter(
    prefix="/v1/internal/videos/{video_id}/captions",
    tags=["internal"],
    dependencies=[ServiceToken],
    responses=problem_responses(401, 404, 409, 413, 422, 503),
)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Build(_Body):
    """Which inference results are to become captions."""

    tenant_id: UUID
    version: int = Field(ge=1, description="Of the crop frames that were looked at.")
    run_id: UUID = Field(description="The run that asks: once more for the same changes nothing.")


class Reading(_Body):
    """What became of reading one caption."""

    caption_id: CaptionId
    status: OcrStatus
    text: str | None = None
    confidence: float | None = Field(default=None, ge=0, le=1)
    error: str | None = None
    extent: CaptionExtent | None = Field(
        default=None, description="Where it was read: passed over if the caption is not there now."
    )


class Readings(_Body):
    """What became of reading captions."""

    tenant_id: UUID
    results: tuple[Reading, ...]


class PlacedCaption(BaseModel):
    """A caption and where it is."""

    caption_id: CaptionId
    extent: CaptionExtent


class PlacedCaptions(BaseModel):
    """Captions and where they are."""

    captions: tuple[PlacedCaption, ...]


@router.post("", summary="Build captions from inference results, or merge them")
async def build_captions(
    video_id: UUID, body: Build, catalog: CurrentCatalog, captions: CurrentCaptions
) -> Staged:
    """Captions that are seen once the version is active; what a person has worked on stays.

    Until then everybody sees, and edits, the captions that there are.
    """
    video = await _video(catalog, video_id, body.tenant_id)
    return await captions.stage(video, body.version, RunId(str(body.run_id)))


@router.get("", summary="Where captions are")
async def place_captions(
    video_id: UUID,
    tenant_id: UUID,
    ids: Annotated[str, Query(description="Caption ids, separated by commas.")],
    catalog: CurrentCatalog,
    captions: CurrentCaptions,
) -> PlacedCaptions:
    """Captions that are gone meanwhile are left out."""
    wanted = _parse_ids(ids)
    stored = await captions.read(await _video(catalog, video_id, tenant_id))
    found = (one for one in stored if one.id in wanted)
    return PlacedCaptions(
        captions=tuple(PlacedCaption(caption_id=one.id, extent=one.extent) for one in found)
    )


@router.patch("/ocr", status_code=204, summary="Store what was read")
async def store_readings(
    video_id: UUID, body: Readings, catalog: CurrentCatalog, captions: CurrentCaptions
) -> None:
    """Captions that are gone meanwhile are passed over; a person's text stays beside it."""
    video = await _video(catalog, video_id, body.tenant_id)
    await captions.store_ocr(video, (CaptionOcr(**dict(one)) for one in body.results))


async def _video(catalog: Catalog, video_id: UUID, tenant_id: UUID) -> Video:
    set_about(tenant_id=str(tenant_id), video_id=str(video_id))
    return await catalog.videos.get(VideoId(str(video_id)), TenantId(str(tenant_id)))


def _parse_ids(text: str) -> set[CaptionId]:
    try:
        return {CaptionId(int(part)) for part in text.split(",") if part}
    except ValueError:
        raise UsageError(f"{text[:100]!r} are no caption ids.", "Give numbers: 1,2,3.") from None
