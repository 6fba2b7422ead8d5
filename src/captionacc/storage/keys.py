"""Object keys: the one place that knows where everything of a video lies in the store.

::

    {tenant}/client/videos/{video}/...    readable by the tenant with scoped credentials
    {tenant}/server/videos/{video}/...    ours alone

Identifiers come from outside (URLs, claims, command lines), so they are checked before they
become part of a key: no separators, no dots, nothing empty.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from captionacc.errors import StoreError, UsageError

if TYPE_CHECKING:
    from captionacc.model.ids import TenantId, VideoId

MODULO_LEVELS: Final = (16, 4, 1)
"""Crop-frame levels, coarse to fine: each frame index is in exactly one of them."""

_SAFE_SEGMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_MAX_FRAME_INDEX: Final = 10**6 - 1
_MAX_CROP_INDEX: Final = 10**10 - 1


def check_segment(what: str, value: str) -> str:
    """``value`` if it can be one segment of a key.

    Raises:
        UsageError: it is empty, too long, or holds more than letters, digits, ``-`` and ``_``.
    """
    if _SAFE_SEGMENT.fullmatch(value) is None:
        raise UsageError(
            f"The {what} {value!r} cannot be part of an object key.",
            "Use 1 to 128 letters, digits, '-' and '_', beginning with a letter or digit.",
        )
    return value


def check_key(key: str) -> str:
    """``key`` if every store takes it as it is.

    Raises:
        StoreError: it is empty or absolute, or has an empty, dotted or binary segment.
    """
    if any(part in {"", ".", ".."} or "\0" in part for part in key.split("/")):
        raise StoreError(f"{key!r} is not an object key.")
    return key


def modulo_level(index: int) -> int:
    """The level that holds crop frame ``index``: 16, 4 or 1."""
    return next(level for level in MODULO_LEVELS if index % level == 0)


@dataclass(frozen=True, slots=True)
class VideoKeys:
    """The keys of one video's objects.

    Raises:
        UsageError: an identifier is not safe in a key.
    """

    tenant_id: TenantId
    video_id: VideoId

    def __post_init__(self) -> None:
        check_segment("tenant id", self.tenant_id)
        check_segment("video id", self.video_id)

    @property
    def client_prefix(self) -> str:
        """Folder of all that the tenant may read, without a trailing slash."""
        return f"{self.tenant_id}/client/videos/{self.video_id}"

    @property
    def server_prefix(self) -> str:
        """Folder of what only the server reads, without a trailing slash."""
        return f"{self.tenant_id}/server/videos/{self.video_id}"

    @property
    def video(self) -> str:
        """The upload; the name is fixed whatever the container."""
        return f"{self.client_prefix}/video.mp4"

    @property
    def full_frames_prefix(self) -> str:
        """Folder of the 0.1 Hz full frames."""
        return f"{self.client_prefix}/full_frames"

    def full_frame(self, index: int) -> str:
        """JPEG of sampled frame ``index`` (0.1 Hz)."""
        return f"{self.full_frames_prefix}/frame_{_checked(index, _MAX_FRAME_INDEX):06d}.jpg"

    @property
    def thumbnails_prefix(self) -> str:
        """Folder of the thumbnails."""
        return f"{self.client_prefix}/thumbnails"

    def thumbnail(self, index: int) -> str:
        """Thumbnail of sampled frame ``index`` (0.1 Hz)."""
        return f"{self.thumbnails_prefix}/frame_{_checked(index, _MAX_FRAME_INDEX):06d}.jpg"

    @property
    def layout_db(self) -> str:
        """The packed layout database (CR-SQLite)."""
        return f"{self.client_prefix}/layout.db.gz"

    @property
    def captions_db(self) -> str:
        """The packed captions database (CR-SQLite)."""
        return f"{self.client_prefix}/captions.db.gz"

    def crop_frames_prefix(self, version: int) -> str:
        """Folder of crop-frames version ``version`` (1, 2, ...)."""
        return f"{self.client_prefix}/crop_frames_v{_checked_version(version)}"

    def crop_manifest(self, version: int) -> str:
        """Crop region, frame count and every crop frame's PTS of one version."""
        return f"{self.crop_frames_prefix(version)}/manifest.json"

    def native_pts(self, version: int) -> str:
        """PTS of every native frame of one version, as little-endian float64."""
        return f"{self.crop_frames_prefix(version)}/native_pts.f64"

    def crop_chunk(self, version: int, modulo: int, first_index: int) -> str:
        """VP9 WebM chunk of level ``modulo`` whose first crop frame is ``first_index``.

        Raises:
            ValueError: no such level, or the frame belongs to another level.
        """
        index = _checked(first_index, _MAX_CROP_INDEX)
        if modulo_level(index) != modulo:
            raise ValueError(f"crop frame {index} is not in modulo level {modulo}")
        return f"{self.crop_frames_prefix(version)}/modulo_{modulo}/chunk_{index:010d}.webm"

    @property
    def ocr_server_db(self) -> str:
        """The packed database of full-frame OCR."""
        return f"{self.server_prefix}/ocr-server.db.gz"

    def inference_results_db(self, version: int) -> str:
        """The packed database of boundary inference on crop-frames version ``version``."""
        return f"{self.server_prefix}/inference_results_v{_checked_version(version)}.db.gz"

    @property
    def jobs_prefix(self) -> str:
        """Folder of the result manifests."""
        return f"{self.server_prefix}/jobs"

    def job(self, job_key: str) -> str:
        """Result manifest of the compute call ``job_key``.

        Raises:
            UsageError: the job key is not safe in a key.
        """
        return f"{self.jobs_prefix}/{check_segment('job key', job_key)}.json"


def _checked(index: int, limit: int) -> int:
    if not 0 <= index <= limit:
        raise ValueError(f"frame index {index} is not within 0..{limit}")
    return index


def _checked_version(version: int) -> int:
    if version < 1:
        raise ValueError(f"crop-frames versions begin at 1, not {version}")
    return version
