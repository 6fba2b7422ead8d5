"""Videos as the catalog has them, and what belongs to one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  # pydantic reads fields at run time
from enum import StrEnum
from typing import Literal

from captionacc.model.geometry import CropRegion  # noqa: TC001  # as above
from captionacc.model.ids import TenantId, UserId, VideoId  # noqa: TC001  # as above
from captionacc.model.runs import RunError  # noqa: TC001  # as above

DatabaseName = Literal["layout", "captions"]
"""The per-video databases that are shared with browsers."""


class VideoStatus(StrEnum):
    """Where a video as a whole stands."""

    PROCESSING = "processing"
    ACTIVE = "active"
    ERROR = "error"


class StageStatus(StrEnum):
    """Where one of a video's three stages stands: layout, captions, text."""

    WAIT = "wait"
    ANNOTATE = "annotate"
    DONE = "done"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Video:
    """One video at one moment; what the first flow finds out is ``None`` until then.

    Attributes:
        error: Of the last run that failed.
        frame_count: Sampled full frames.
        crop_region: Predicted, later approved; ``None`` also if no captions were found.
        active_version: The crop-frames version that ``captions.db`` was built from.
    """

    id: VideoId
    tenant_id: TenantId
    uploaded_by: UserId | None
    title: str
    folder: str
    storage_key: str
    size_bytes: int
    status: VideoStatus
    layout_status: StageStatus
    captions_status: StageStatus
    text_status: StageStatus
    error: RunError | None
    width: int | None
    height: int | None
    duration_s: float | None
    fps: float | None
    codec: str | None
    bitrate: int | None
    rotation: int | None
    has_vfr: bool | None
    frame_count: int | None
    caption_count: int | None
    crop_region: CropRegion | None
    active_version: int | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class VersionState(StrEnum):
    """Of the crop-frames versions of a video at most one is active."""

    PROCESSING = "processing"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CropFramesVersion:
    """Crop frames of one approved region; versions of a video count from 1."""

    video_id: VideoId
    version: int
    tenant_id: TenantId
    state: VersionState
    crop_region: CropRegion
    frame_count: int | None
    created_at: datetime
    activated_at: datetime | None


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """A shared database's stored copy, and who may write it.

    Attributes:
        version: Counts the stored copies.
        etag: Of the stored copy.
        lease_kind: What the holder is, ``None`` if nobody holds it.
        lease_holder: The user's or the run's id.
        lease_generation: Fencing token: grows with each new holder.
        active_connection: The connection through which the holder writes.
        host: The process that has the working copy; ``None`` if the stored one is the newest.
        host_generation: Grows when a process takes over from another that was lost.
    """

    video_id: VideoId
    database: DatabaseName
    tenant_id: TenantId
    version: int
    etag: str | None
    lease_kind: Literal["user", "run"] | None
    lease_holder: str | None
    lease_generation: int
    lease_expires_at: datetime | None
    active_connection: str | None
    host: str | None
    host_generation: int
