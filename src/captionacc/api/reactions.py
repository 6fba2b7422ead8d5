"""What follows from what happens to working copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from captionacc.api.caption_reading import enqueue_reading
from captionacc.api.captions_store import CaptionsStore
from captionacc.databases.captions import Changes
from captionacc.databases.corrections import Corrected
from captionacc.sync.hosted import Reactions
from captionacc.sync.incoming import CROP_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.api.services import Services
    from captionacc.model.videos import Video
    from captionacc.sync.changes import Change
    from captionacc.sync.working_copy import WorkingCopy

_EVIDENCE: Final = CROP_COLUMNS | {"label"}


class CopyReactions(Reactions):
    """Captions switch with their version; what people change is read, or predicted, anew."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def shown(self, copy: WorkingCopy, video: Video) -> None:
        """Captions of a version that has become active take the place of those before."""
        if copy.place.name == "captions" and video.active_version is not None:
            await self._captions().show(video, copy)

    async def edited(self, copy: WorkingCopy, changes: Sequence[Change] | None) -> None:
        """Have moved captions read, and layouts predicted."""
        place, catalog = copy.place, self._services.catalog
        video = await catalog.videos.get(place.video_id, place.tenant_id)
        if place.name == "layout":
            if changes is None or any(one.cid in _EVIDENCE for one in changes):
                await self._services.layouts.renew(video, copy)
            return
        for caption in await self._captions().follow(video, copy, changes):
            await enqueue_reading(catalog, video, Corrected(caption, Changes(), (caption,)))

    def _captions(self) -> CaptionsStore:
        services = self._services
        return CaptionsStore(services.catalog, services.store, services.copies)
