"""Captions: list, correct, add, remove and export them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from captionacc.api.caption_reading import enqueue_reading, has_ended
from captionacc.api.caption_views import (
    Boundaries,
    CaptionAnswer,
    CaptionChange,
    CaptionList,
    CaptionView,
    NewCaption,
    make_extent,
)
from captionacc.api.dependencies import CurrentCaptions, CurrentCatalog, CurrentServices, OwnVideo
from captionacc.api.problems import problem_responses
from captionacc.api.subtitles import MEDIA_TYPES, FormatName, write_subtitles
from captionacc.catalog.pool import Catalog
from captionacc.databases.captions import BoundaryState
from captionacc.databases.corrections import Corrected, Correction
from captionacc.errors import NotFoundError
from captionacc.model.ids import CaptionId
from captionacc.model.videos import Video

router = APIRouter(prefix="/v1/videos/{video_id}", tags=["captions"])

_READS = problem_responses(401, 403, 404, 409, 422, 503)
_WRITES = problem_responses(401, 403, 404, 409, 413, 422, 503)

CaptionNumber = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/captions", summary="The captions of a video", responses=_READS)
async def list_captions(video: OwnVideo, captions: CurrentCaptions) -> CaptionList:
    """All of them in order of time, as predicted, read and corrected so far."""
    stored = await captions.read(video)
    return CaptionList(captions=tuple(map(CaptionView.of, stored)))


@router.post("/captions", status_code=201, summary="Add a caption", responses=_WRITES)
async def add_caption(
    video: OwnVideo, body: NewCaption, captions: CurrentCaptions, catalog: CurrentCatalog
) -> CaptionAnswer:
    """One that was overlooked; it counts as confirmed, and is read. Predictions make room."""
    extent = make_extent(body.start_s, body.end_s, video.duration_s)
    return await _answer(catalog, video, await captions.add(video, extent, body.text))


@router.patch("/captions/{caption_id}", summary="Correct a caption", responses=_WRITES)
async def correct_caption(
    video: OwnVideo,
    caption_id: CaptionNumber,
    body: CaptionChange,
    captions: CurrentCaptions,
    catalog: CurrentCatalog,
) -> CaptionAnswer:
    """Its text, what you think of it, or where it is.

    A moved caption counts as confirmed and is read again, without waiting for the text here;
    predictions make room for it.
    """
    correction = body.correction(video.duration_s)
    corrected = await captions.correct(video, CaptionId(caption_id), correction)
    return await _answer(catalog, video, corrected)


@router.delete(
    "/captions/{caption_id}", status_code=204, summary="Remove a caption", responses=_WRITES
)
async def remove_caption(
    video: OwnVideo, caption_id: CaptionNumber, captions: CurrentCaptions
) -> None:
    """One that is none. The next approval of a layout may find it again; a gap it respects."""
    await captions.remove(video, CaptionId(caption_id))


@router.post(
    "/captions/{caption_id}/actions/confirm-boundary",
    summary="Confirm where a caption is",
    responses=_WRITES | {202: {"model": CaptionAnswer, "description": "Its text is being read."}},
)
async def confirm_boundary(  # noqa: PLR0917  # FastAPI passes them by name
    video: OwnVideo,
    caption_id: CaptionNumber,
    captions: CurrentCaptions,
    services: CurrentServices,
    response: Response,
    body: Boundaries | None = None,
) -> CaptionAnswer:
    """No prediction takes its place from now on.

    If it is not where it was, or was not read yet, it is read; the answer waits up to ten seconds
    for the text.
    """
    extent = (body or Boundaries()).extent(video.duration_s)
    correction = Correction(extent=extent, boundary_state=BoundaryState.CONFIRMED)
    corrected = await captions.correct(video, CaptionId(caption_id), correction)
    run = await enqueue_reading(services.catalog, video, corrected)
    if run is not None:
        if await has_ended(services.catalog, services.events, run):
            now = await _find(captions, video, corrected.caption.id)
            return CaptionAnswer(caption=now, run_id=run.id)
        response.status_code = 202
    view = CaptionView.of(corrected.caption)
    return CaptionAnswer(caption=view, run_id=None if run is None else run.id)


@router.get(
    "/export",
    summary="Subtitles",
    response_class=Response,
    responses=_READS
    | {
        200: {
            "description": "A file in UTF-8.",
            "content": {kind: {"schema": {"type": "string"}} for kind in MEDIA_TYPES.values()},
        }
    },
)
async def export_subtitles(
    video: OwnVideo,
    captions: CurrentCaptions,
    format_name: Annotated[FormatName, Query(alias="format")] = "srt",
) -> Response:
    """The captions that have text, corrected or read; in order, and none overlaps another."""
    file = write_subtitles(video, await captions.read(video), format_name)
    return Response(
        file.content,
        media_type=file.media_type,
        headers={"Content-Disposition": file.disposition},
    )


async def _answer(catalog: Catalog, video: Video, corrected: Corrected) -> CaptionAnswer:
    run = await enqueue_reading(catalog, video, corrected)
    view = CaptionView.of(corrected.caption)
    return CaptionAnswer(caption=view, run_id=None if run is None else run.id)


async def _find(captions: CurrentCaptions, video: Video, caption_id: CaptionId) -> CaptionView:
    for caption in await captions.read(video):
        if caption.id == caption_id:
            return CaptionView.of(caption)
    raise NotFoundError(f"The caption {caption_id} was removed meanwhile.", "Load them again.")
