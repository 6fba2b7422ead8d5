"""Videos, and where their stages stand."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from captionacc.catalog.queries import load
from captionacc.catalog.rows import region_columns, to_video
from captionacc.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from captionacc.catalog.connecting import Row
    from captionacc.catalog.database import Database
    from captionacc.model.geometry import CropRegion
    from captionacc.model.ids import TenantId, UserId, VideoId
    from captionacc.model.results import VideoProbe
    from captionacc.model.videos import StageStatus, Video

_SQL = load("videos")


class Videos:
    """``videos``. All methods raise ``CatalogError``; a deleted video is none."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def insert(
        self,
        *,
        video_id: VideoId,
        tenant_id: TenantId,
        uploaded_by: UserId | None,
        title: str,
        folder: str,
        storage_key: str,
        size_bytes: int,
    ) -> Video:
        """Add a video, which its first flow will look at; added again, it is as it was.

        Raises:
            NotFoundError: there is no such tenant, or the video was deleted.
            ConflictError: the id is another tenant's.
            UsageError: a value that the schema refuses, such as another tenant's storage key.
        """
        row = await self._db.one(
            _SQL["insert"],
            video_id=video_id,
            tenant_id=tenant_id,
            uploaded_by=uploaded_by,
            title=title,
            folder=folder,
            storage_key=storage_key,
            size_bytes=size_bytes,
        )
        return await self.get(video_id, tenant_id) if row is None else to_video(row)

    async def get(self, video_id: VideoId, tenant_id: TenantId | None) -> Video:
        """The video, if it is this tenant's; of any tenant for ``None``.

        Raises:
            NotFoundError: there is no such video.
        """
        row = await self._db.one(_SQL["get"], video_id=video_id, tenant_id=tenant_id)
        return _found(row, video_id)

    async def list(
        self,
        tenant_id: TenantId,
        *,
        folder: str | None = None,
        search: str | None = None,
        fingerprint: str | None = None,
        limit: int,
        before: VideoId | None = None,
    ) -> list[Video]:
        """The newest videos, of one folder or all; the page after the one that ended ``before``.

        ``search`` is a part of their titles, in whatever case; ``fingerprint`` that of the file
        which they were uploaded from.
        """
        rows = await self._db.all(
            _SQL["list"],
            tenant_id=tenant_id,
            folder=folder,
            search=search,
            fingerprint=fingerprint,
            limit=limit,
            before=before,
        )
        return [to_video(row) for row in rows]

    async def folders(self, tenant_id: TenantId) -> dict[str, int]:
        """How many videos each folder holds; the empty name stands for those in none."""
        rows = await self._db.all(_SQL["folders"], tenant_id=tenant_id)
        return {row["folder"]: row["video_count"] for row in rows}

    async def rename(self, video_id: VideoId, tenant_id: TenantId, title: str) -> Video:
        """Give it another title.

        Raises:
            NotFoundError: there is no such video.
            UsageError: it is longer than 500 characters.
        """
        return await self._describe(video_id, tenant_id, title=title, folder=None)

    async def move(self, video_id: VideoId, tenant_id: TenantId, folder: str) -> Video:
        """List it in another folder.

        Raises:
            NotFoundError: there is no such video.
            UsageError: its name is longer than 500 characters.
        """
        return await self._describe(video_id, tenant_id, title=None, folder=folder)

    async def delete(self, video_id: VideoId, tenant_id: TenantId) -> Video:
        """Hide it, cancel its queued runs and ask the running ones to end.

        Raises:
            NotFoundError: there is no such video.
        """
        values = {"video_id": video_id, "tenant_id": tenant_id}
        async with self._db.transaction() as database:
            await database.one(_SQL["lock_deletion"], video_id=video_id)
            # First runs, then the video, in the order in which a run's end locks them; then those
            # that were queued before the video was locked.
            await database.run(_SQL["cancel_runs"], **values)
            video = _found(await database.one(_SQL["delete"], **values), video_id)
            await database.run(_SQL["cancel_runs"], **values)
        return video

    async def activate(
        self,
        video_id: VideoId,
        probe: VideoProbe,
        frame_count: int,
        crop_region: CropRegion | None,
    ) -> Video:
        """The first flow is done: the layout awaits a person.

        Args:
            video_id: The video.
            probe: What it is.
            frame_count: Sampled full frames.
            crop_region: The predicted place of the captions; ``None`` if none were found.

        Raises:
            NotFoundError: there is no such video.
        """
        return await self._update(
            "activate",
            video_id,
            frame_count=frame_count,
            **asdict(probe),
            **region_columns(crop_region),
        )

    async def approve(self, video_id: VideoId, tenant_id: TenantId, region: CropRegion) -> Video:
        """A person has approved the layout with the captions at this place.

        Raises:
            NotFoundError: there is no such video.
            ConflictError: its layout does not await a person.
        """
        row = await self._db.one(
            _SQL["approve"], video_id=video_id, tenant_id=tenant_id, **region_columns(region)
        )
        if row is None:
            video = await self.get(video_id, tenant_id)
            raise ConflictError(
                f"The video is {video.status}, its layout in state {video.layout_status}.",
                "Wait until the layout can be reviewed, or retry what failed.",
            )
        return to_video(row)

    async def complete_stage(
        self, video_id: VideoId, tenant_id: TenantId, stage: Literal["captions", "text"]
    ) -> Video:
        """A person declares the stage done; said again, it changes nothing.

        Raises:
            NotFoundError: there is no such video.
            ConflictError: the stage does not await a person.
        """
        row = await self._db.one(_SQL[f"complete_{stage}"], video_id=video_id, tenant_id=tenant_id)
        if row is None:
            video = await self.get(video_id, tenant_id)
            state = video.captions_status if stage == "captions" else video.text_status
            raise ConflictError(
                f"The {stage} of the video are in state {state}.",
                "Wait until they can be reviewed, or retry what failed.",
            )
        return to_video(row)

    async def set_stage(
        self,
        video_id: VideoId,
        *,
        layout: StageStatus | None = None,
        captions: StageStatus | None = None,
        text: StageStatus | None = None,
        caption_count: int | None = None,
    ) -> Video:
        """Set where these stages stand; ``None`` leaves them as they are.

        Raises:
            NotFoundError: there is no such video.
        """
        return await self._update(
            "set_stage",
            video_id,
            layout=layout,
            captions=captions,
            text=text,
            caption_count=caption_count,
        )

    async def _describe(
        self, video_id: VideoId, tenant_id: TenantId, *, title: str | None, folder: str | None
    ) -> Video:
        return await self._update(
            "describe", video_id, tenant_id=tenant_id, title=title, folder=folder
        )

    async def _update(self, name: str, video_id: VideoId, **values: Any) -> Video:  # noqa: ANN401  # any column's
        return _found(await self._db.one(_SQL[name], video_id=video_id, **values), video_id)


def _found(row: Row | None, video_id: VideoId) -> Video:
    if row is None:
        raise NotFoundError(f"There is no video {video_id}.", "`captionacc status` lists them.")
    return to_video(row)
