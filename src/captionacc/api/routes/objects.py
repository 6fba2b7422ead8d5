"""Reading a video's objects: presigned URLs, and temporary keys for all of the tenant's."""

import asyncio
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from captionacc.api.dependencies import CurrentMember, CurrentServices, OwnVideo
from captionacc.api.problems import problem_responses
from captionacc.api.views import View
from captionacc.errors import MissingDependencyError
from captionacc.storage.credentials import tenant_credentials
from captionacc.storage.keys import VideoKeys

router = APIRouter(prefix="/v1", tags=["objects"])

_URL_S: Final = 900
_KEYS_AT_ONCE: Final = 100
_PATTERN: Final = (
    r"^(video\.mp4|(layout|captions)\.db\.gz|(full_frames|thumbnails)/frame_[0-9]{6}\.jpg"
    r"|crop_frames_v[1-9][0-9]{0,8}/(manifest\.json|native_pts\.f64|modulo_(16|4|1)/chunk_[0-9]{10}\.webm))$"
)
ObjectName = Annotated[
    str,
    StringConstraints(max_length=100, pattern=_PATTERN),
    Field(examples=["thumbnails/frame_000000.jpg"]),
]


class ObjectUrls(View):
    """Where to read objects."""

    urls: dict[str, str] = Field(description="By name.")
    expires_in_s: int = _URL_S


class ObjectUrl(View):
    """Where to read an object."""

    url: str
    expires_in_s: int = _URL_S


class Credentials(View):
    """Temporary keys that read and list what is below `prefix`, and nothing else."""

    endpoint: str | None = Field(description="URL of the object store; null for AWS's own.")
    region: str
    bucket: str
    prefix: str
    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: datetime


@router.get(
    "/videos/{video_id}/video-url",
    summary="Where to read the video",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def get_video_url(video: OwnVideo, services: CurrentServices) -> ObjectUrl:
    """A presigned URL of the file as it was uploaded; it answers to range requests."""
    return ObjectUrl(url=services.signer.presign_get(video.storage_key, _URL_S))


@router.get(
    "/videos/{video_id}/objects",
    summary="Where to read a video's objects",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def get_object_urls(
    video: OwnVideo,
    services: CurrentServices,
    name: Annotated[
        list[ObjectName],
        Query(
            min_length=1,
            max_length=_KEYS_AT_ONCE,
            description="Keys below the video's own folder, as the documentation lists them.",
        ),
    ],
) -> ObjectUrls:
    """Presigned URLs, also for objects that are not there yet."""
    prefix = VideoKeys(video.tenant_id, video.id).client_prefix
    sign = services.signer.presign_get
    return ObjectUrls(urls={one: sign(f"{prefix}/{one}", _URL_S) for one in name})


@router.get(
    "/credentials",
    summary="Temporary keys to the tenant's objects",
    responses=problem_responses(401, 403, 422, 503),
)
async def get_credentials(services: CurrentServices, member: CurrentMember) -> Credentials:
    """Read only, for about an hour."""
    settings = services.settings
    if settings.s3_role_arn is None:
        raise MissingDependencyError(
            "This installation gives no temporary keys.", "Set CAPTIONACC_S3_ROLE_ARN."
        )
    found = await asyncio.to_thread(
        tenant_credentials,
        services.access,
        member.tenant_id,
        settings.s3_role_arn,
        sts_endpoint=settings.s3_sts_endpoint,
    )
    return Credentials(
        endpoint=found.access.endpoint,
        region=found.access.region,
        bucket=found.access.bucket,
        prefix=found.prefix,
        access_key_id=found.access.access_key_id,
        secret_access_key=found.access.secret_access_key,
        session_token=found.access.session_token or "",
        expires_at=found.expires_at,
    )
