"""Uploads: presigned multipart, resumable after a reload."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from captionacc.api.dependencies import CurrentMember, CurrentServices
from captionacc.api.fields import Filename, Fingerprint, Folder, Request
from captionacc.api.problems import problem_responses
from captionacc.api.uploading import (
    MAX_PARTS,
    PART_URL_S,
    Progress,
    Uploading,
    WantedUpload,
    part_count,
)
from captionacc.api.views import View
from captionacc.model.ids import UploadId

router = APIRouter(prefix="/v1/uploads", tags=["uploads"])

_AT_ONCE = 100
_LARGEST = 2**63 - 1


class NewUpload(Request):
    """A file that is to be sent."""

    filename: Filename
    size_bytes: Annotated[int, Field(ge=1, le=_LARGEST, examples=[73400320])]
    folder: Folder = ""
    fingerprint: Fingerprint | None = None


class PartNumbers(Request):
    """Which parts to sign."""

    numbers: Annotated[
        list[Annotated[int, Field(ge=1, le=MAX_PARTS)]],
        Field(min_length=1, max_length=_AT_ONCE, examples=[[1, 2, 3]]),
    ]


class PartView(View):
    """A part that has arrived."""

    number: int
    size_bytes: int


class UploadView(View):
    """An upload; every part but the last has `part_size_bytes`."""

    id: str
    video_id: str = Field(description="Of the video that it becomes.")
    filename: str
    folder: str
    size_bytes: int
    part_size_bytes: int
    part_count: int
    state: str = Field(description="`open`, `completed` or `aborted`.")
    created_at: datetime
    expires_at: datetime
    parts: tuple[PartView, ...] = Field(description="What has arrived, while it is open.")

    @classmethod
    def of(cls, progress: Progress) -> "UploadView":
        """The view of an upload."""
        upload = progress.upload
        names = cls.model_fields.keys() - {"parts", "part_count"}
        parts = tuple(map(PartView.model_validate, progress.parts))
        plain = {name: getattr(upload, name) for name in names}
        return cls(**plain, part_count=part_count(upload), parts=parts)


class PartUrls(View):
    """Where to PUT the parts, without any header of ours."""

    urls: dict[str, str] = Field(description="By part number.")
    expires_in_s: int = PART_URL_S


class CompletedUpload(View):
    """The upload has become a video."""

    video_id: str


def _uploading(services: CurrentServices, member: CurrentMember) -> Uploading:
    return Uploading(services, member)


Uploads = Annotated[Uploading, Depends(_uploading)]


@router.post(
    "",
    status_code=201,
    summary="Begin an upload, or go on with it",
    responses=problem_responses(401, 403, 404, 409, 413, 422, 503)
    | {200: {"model": UploadView, "description": "The upload of this file that is open."}},
)
async def create_upload(body: NewUpload, uploads: Uploads, response: Response) -> UploadView:
    """An upload of the file; with a fingerprint the one that was begun and not completed.

    Send the parts that have not arrived, then complete it.
    """
    progress = await uploads.begin(WantedUpload(**body.model_dump()))
    response.status_code = 200 if progress.is_resumed else 201
    return UploadView.of(progress)


@router.get(
    "/{upload_id}",
    summary="An upload and what has arrived",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def get_upload(upload_id: UUID, uploads: Uploads) -> UploadView:
    """The parts are listed from the object store, so this holds after any interruption."""
    return UploadView.of(await uploads.get(UploadId(str(upload_id))))


@router.post(
    "/{upload_id}/parts",
    summary="Where to send parts",
    responses=problem_responses(401, 403, 404, 409, 413, 422, 503),
)
async def sign_parts(upload_id: UUID, body: PartNumbers, uploads: Uploads) -> PartUrls:
    """A presigned URL for each part; ask again when one has expired."""
    urls = await uploads.sign(UploadId(str(upload_id)), body.numbers)
    return PartUrls(urls={str(number): url for number, url in urls.items()})


@router.post(
    "/{upload_id}/complete",
    summary="Make the video of the parts",
    responses=problem_responses(401, 403, 404, 409, 413, 422, 503),
)
async def complete_upload(upload_id: UUID, uploads: Uploads) -> CompletedUpload:
    """The video, once size and content are checked; again and again the same one."""
    return CompletedUpload(video_id=await uploads.complete(UploadId(str(upload_id))))


@router.delete(
    "/{upload_id}",
    status_code=204,
    summary="Drop an upload",
    responses=problem_responses(401, 403, 404, 409, 413, 422, 503),
)
async def delete_upload(upload_id: UUID, uploads: Uploads) -> None:
    """What has arrived is removed; the same again changes nothing."""
    await uploads.abort(UploadId(str(upload_id)))
