"""Videos that were deleted: for a while they can be had back, then all of them is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captionacc.catalog.queries import load
from captionacc.catalog.rows import to_run, to_video
from captionacc.catalog.run_queue import RunQueue
from captionacc.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.catalog.database import Database
    from captionacc.model.ids import TenantId, VideoId
    from captionacc.model.videos import Video

_SQL = load("videos")
_RUNS_SQL = load("runs")


class DeletedVideos:
    """``videos`` with ``deleted_at``. All methods raise ``CatalogError``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def list(self, tenant_id: TenantId, limit: int) -> list[Video]:
        """Those that can be had back, the latest first."""
        rows = await self._db.all(_SQL["list_deleted"], tenant_id=tenant_id, limit=limit)
        return [to_video(row) for row in rows]

    async def restore(self, video_id: VideoId, tenant_id: TenantId) -> Video:
        """As if it had not been deleted; what that has cancelled is queued again.

        Raises:
            NotFoundError: there is no such deleted video, or it is being removed.
        """
        async with self._db.transaction() as database:
            row = await database.one(_SQL["lock_deleted"], video_id=video_id, tenant_id=tenant_id)
            if row is None:
                raise NotFoundError(f"There is no deleted video {video_id}.")
            await database.run(_RUNS_SQL["supersede_cancelled"], video_id=video_id)
            restored = await database.one(_SQL["restore"], video_id=video_id)
            ended = await database.all(_RUNS_SQL["retryable"], video_id=video_id)
            for run in map(to_run, ended):
                if (
                    run.cancel_requested_at is not None
                    and run.cancel_requested_at >= row["deleted_at"]
                ):
                    await RunQueue(database).enqueue_again(run)
        return to_video(restored or row)

    async def begin_purge(self, kept_s: float) -> Video | None:
        """A video that was deleted that long ago; from now on nobody gets it back.

        It is the caller's for an hour, then anybody's who asks.
        """
        row = await self._db.one(_SQL["begin_purge"], kept_s=kept_s)
        return None if row is None else to_video(row)

    async def end_purge(self, video_id: VideoId) -> None:
        """Its objects are gone: forget it, but for who did what and that it was processed."""
        await self._db.run(_SQL["end_purge"], video_id=video_id)

    async def without_row(
        self, tenant_id: TenantId, video_ids: Sequence[VideoId]
    ) -> dict[VideoId, bool]:
        """Those that no video and no upload has; the value is whether they were purged."""
        rows = await self._db.all(
            _SQL["without_row"], tenant_id=tenant_id, video_ids=list(video_ids)
        )
        return {row["id"]: row["was_purged"] for row in rows}
