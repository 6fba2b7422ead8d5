"""Crop-frames versions: at most one of a video is active, and it only ever gets newer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captionacc.catalog.queries import load
from captionacc.catalog.rows import region_columns, to_version
from captionacc.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from captionacc.catalog.database import Database
    from captionacc.model.geometry import CropRegion
    from captionacc.model.ids import TenantId, VideoId
    from captionacc.model.videos import CropFramesVersion

_SQL = load("versions")
_VIDEOS_SQL = load("videos")


class Versions:
    """``crop_frames_versions``. All methods raise ``CatalogError``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def next(self, video_id: VideoId) -> int:
        """The number of the next version; within a transaction nobody else gets the same.

        Raises:
            NotFoundError: there is no such video.
        """
        if await self._db.one(_VIDEOS_SQL["lock"], video_id=video_id, tenant_id=None) is None:
            raise NotFoundError(f"There is no video {video_id}.")
        newest = await self._db.all(_SQL["newest"], video_id=video_id)
        return newest[0]["version"] + 1

    async def ensure(
        self, video_id: VideoId, tenant_id: TenantId, version: int, region: CropRegion
    ) -> CropFramesVersion:
        """The version, made if need be; one that failed is being made again.

        Raises:
            ConflictError: it exists, with another region.
            NotFoundError: there is no such video of this tenant.
        """
        row = await self._db.one(
            _SQL["ensure"],
            video_id=video_id,
            tenant_id=tenant_id,
            version=version,
            **region_columns(region),
        )
        if row is None:
            raise ConflictError(f"Version {version} is of another crop region.")
        return to_version(row)

    async def activate(self, video_id: VideoId, version: int, frame_count: int) -> None:
        """Make it the one that the video shows, in place of the one before.

        Raises:
            ConflictError: there is no such version, or a newer one is active.
        """
        values = {"video_id": video_id, "version": version}
        async with self._db.transaction() as database:
            await database.one(_VIDEOS_SQL["lock"], video_id=video_id, tenant_id=None)
            await database.run(_SQL["supersede"], **values)
            row = await database.one(_SQL["activate"], **values, frame_count=frame_count)
            if row is None:
                raise ConflictError(
                    f"Version {version} was replaced by a newer one.",
                    "There is nothing to do: the newer one's captions are shown.",
                )

    async def of_video(self, video_id: VideoId, tenant_id: TenantId) -> list[CropFramesVersion]:
        """All versions of the video, the newest first."""
        rows = await self._db.all(_SQL["of_video"], video_id=video_id, tenant_id=tenant_id)
        return [to_version(row) for row in rows]
