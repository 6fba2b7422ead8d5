"""Takes away what nobody wants any more: deleted videos, expired uploads, late writers' objects."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final
from uuid import UUID

from captionacc.errors import CatalogError, StoreError
from captionacc.model.ids import TenantId, VideoId
from captionacc.storage.keys import VideoKeys
from captionacc.storage.purging import purge
from captionacc.storage.s3 import S3Store

if TYPE_CHECKING:
    from captionacc.catalog.pool import Catalog
    from captionacc.storage.access import S3Access

_EVERY_S: Final = 60.0
_ORPHANS_EVERY: Final = 360  # rounds: six hours
_SHOWN: Final = 5

_log = logging.getLogger(__name__)


class Janitor:
    """Looks on boot and every minute; whatever it is interrupted in, the next one completes.

    Args:
        catalog: Says what is wanted.
        access: The bucket.
        kept_s: Seconds for which a deleted video can be had back.
    """

    def __init__(self, catalog: Catalog, access: S3Access, kept_s: float) -> None:
        self._catalog = catalog
        self._access = access
        self._store = S3Store(access)
        self._kept_s = kept_s

    async def serve(self) -> None:
        """Look until cancelled."""
        rounds = 0
        while True:
            try:
                await self.tidy()
                if rounds % _ORPHANS_EVERY == 0:
                    await self.find_orphans()
            except (CatalogError, StoreError) as error:
                _log.warning("nothing is tidied up for now: %s", error)
            rounds += 1
            await asyncio.sleep(_EVERY_S)

    async def tidy(self) -> None:
        """End expired uploads, and remove what they and deleted videos have left.

        Raises:
            CatalogError: the catalog cannot be reached.
            StoreError: the store refuses or does not answer.
        """
        for upload in await self._catalog.uploads.abort_expired():
            _log.info("upload %s of %s has expired", upload.id, upload.filename)
        for upload in await self._catalog.uploads.to_drop():
            await self._purge(upload.tenant_id, upload.video_id)
            await self._catalog.uploads.dropped(upload.id)
        while (video := await self._catalog.deleted.begin_purge(self._kept_s)) is not None:
            removed = await self._purge(video.tenant_id, video.id)
            await self._catalog.deleted.end_purge(video.id)
            _log.info("deleted video %s is removed, with %d objects", video.id, removed)

    async def find_orphans(self) -> list[str]:
        """Look for folders of the bucket that belong to no video, and return them.

        What a late writer left of a video that was removed is removed too. Others stay: the
        catalog may be the one that is wrong, such as after it was restored from an old copy.

        Raises:
            CatalogError: the catalog cannot be reached.
            StoreError: the store refuses or does not answer.
        """
        unknown: list[str] = []
        for tenant in await self._folders(""):
            for half in ("client", "server"):
                unknown += await self._orphans_of(tenant, f"{tenant}/{half}/videos")
        if unknown:
            some = ", ".join(unknown[:_SHOWN])
            _log.warning("%d folders of the bucket belong to no video: %s", len(unknown), some)
        return unknown

    async def _orphans_of(self, tenant: str, folder: str) -> list[str]:
        """Folders of one half of a tenant's objects that no video has."""
        names = await self._folders(folder)
        strange = [name for name in names if not (_is_id(tenant) and _is_id(name))]
        unknown = [f"{folder}/{name}" for name in strange]
        ids = [VideoId(name) for name in names if name not in strange]
        without = await self._catalog.deleted.without_row(TenantId(tenant), ids) if ids else {}
        for video_id, was_purged in without.items():
            if was_purged:
                await self._purge(TenantId(tenant), video_id)
                _log.info("what was written late to removed video %s is removed", video_id)
            else:
                unknown.append(f"{folder}/{video_id}")
        return unknown

    async def _folders(self, prefix: str) -> tuple[str, ...]:
        return await asyncio.to_thread(self._store.folders, prefix)

    async def _purge(self, tenant_id: TenantId, video_id: VideoId) -> int:
        """Remove all objects of a video; returns how many there were."""
        keys = VideoKeys(tenant_id, video_id)
        halves = (keys.client_prefix, keys.server_prefix)
        return sum([await asyncio.to_thread(purge, self._access, half) for half in halves])


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
