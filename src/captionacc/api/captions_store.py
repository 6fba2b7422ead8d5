"""The captions of videos: every change is a transaction in the working copy of ``captions.db``.

Predictions of the active version that still wait become captions on the way; see
:mod:`captionacc.databases.predictions`. Connected clients see each change at once.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar

from captionacc.databases import corrections
from captionacc.databases.caption_table import load, write_ocr
from captionacc.databases.captions import SCHEMA, Changes
from captionacc.databases.inference_results import read_extents
from captionacc.databases.packing import unpack
from captionacc.databases.predictions import is_due, show_predictions, stage_predictions
from captionacc.databases.schema import Statements, new_database
from captionacc.errors import ConflictError
from captionacc.model.ids import CaptionId
from captionacc.storage.keys import VideoKeys
from captionacc.sync.changes import unpack_id
from captionacc.sync.incoming import EXTENT_COLUMNS
from captionacc.sync.places import Place

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

    from captionacc.catalog.pool import Catalog
    from captionacc.databases.captions import CaptionOcr, StoredCaption
    from captionacc.databases.corrections import Corrected, Correction
    from captionacc.databases.predictions import Staged
    from captionacc.model.ids import RunId
    from captionacc.model.results import CaptionExtent
    from captionacc.model.videos import Video
    from captionacc.storage.store import ObjectStore
    from captionacc.sync.changes import Change
    from captionacc.sync.copies import WorkingCopies
    from captionacc.sync.working_copy import WorkingCopy

_ASKS_TO_READ: Final = EXTENT_COLUMNS | {"boundary_state"}

_T = TypeVar("_T")
_Work: TypeAlias = "Callable[[Statements], tuple[_T, Changes]]"
"""Changes the database within a transaction."""


@dataclass(frozen=True, slots=True)
class _Changed(Generic[_T]):
    """What a change led to.

    Attributes:
        value: The change's own answer.
        changes: The captions that are not what they were.
        count: How many captions there are, without gaps.
    """

    value: _T
    changes: Changes
    count: int


class CaptionsStore:
    """The captions of videos. The given videos are as they were when the request began.

    Every method can raise ``StoreError`` and ``CatalogError``, and ``ServiceUnavailableError`` if
    another process has the captions open; all but ``stage`` raise ``ConflictError`` if the video
    has no captions yet.
    """

    def __init__(self, catalog: Catalog, store: ObjectStore, copies: WorkingCopies) -> None:
        self._catalog = catalog
        self._store = store
        self._copies = copies

    async def stage(self, video: Video, version: int, run_id: RunId) -> Staged:
        """Take what inference on ``version`` found; shown once that version is active.

        It is stored when this returns, so that the version may become active.

        Raises:
            ObjectNotFoundError: there are no such inference results.
        """
        extents = await asyncio.to_thread(self._inferred, video, version)
        async with self._copies.use(_place(video), _make) as hosted:
            staged = await self._change(
                video,
                hosted.copy,
                lambda captions: (
                    stage_predictions(captions, version, run_id, extents),
                    Changes(),
                ),
            )
            await self._copies.save(hosted)
        return staged

    async def read(self, video: Video) -> tuple[StoredCaption, ...]:
        """All captions in order of time."""
        async with self._captions(video) as copy:
            await self.show(video, copy)
            return await copy.read(load)

    async def show(self, video: Video, copy: WorkingCopy) -> None:
        """Make captions of the predictions that wait, if their version is active."""
        if await copy.read(lambda captions: is_due(captions, video.active_version)):
            await self._change(video, copy, lambda _: (None, Changes()))

    async def store_ocr(self, video: Video, results: Iterable[CaptionOcr]) -> None:
        """Take what became of reading captions."""
        given = tuple(results)
        async with self._captions(video) as copy:
            await self._change(video, copy, lambda captions: (None, write_ocr(captions, given)))

    async def correct(
        self, video: Video, caption_id: CaptionId, correction: Correction
    ) -> Corrected:
        """Change a caption as a person wants it.

        Raises:
            NotFoundError: there is no such caption.
            ConflictError: it would overlap another that a person has worked on.
        """
        return await self._edit(
            video, lambda captions: corrections.correct(captions, caption_id, correction)
        )

    async def add(self, video: Video, extent: CaptionExtent, text: str | None) -> Corrected:
        """Add a person's caption.

        Raises:
            ConflictError: it would overlap another that a person has worked on.
        """
        return await self._edit(video, lambda captions: corrections.add(captions, extent, text))

    async def remove(self, video: Video, caption_id: CaptionId) -> None:
        """Remove a caption.

        Raises:
            NotFoundError: there is no such caption.
        """
        async with self._captions(video) as copy:
            await self._change(
                video, copy, lambda captions: (None, corrections.remove(captions, caption_id))
            )

    async def follow(
        self, video: Video, copy: WorkingCopy, changes: Sequence[Change] | None
    ) -> tuple[StoredCaption, ...]:
        """Tell of what clients have changed; returns what has to be read on account of it.

        Args:
            video: The video.
            copy: Its captions.
            changes: What was changed; ``None`` if that is not known any more.
        """

        def work(captions: Statements) -> tuple[tuple[StoredCaption, ...], Changes]:
            present = {one.id for one in load(captions)}
            if changes is None:
                return corrections.to_read(captions, present), Changes()
            touched = {CaptionId(unpack_id(one.pk)) for one in changes}
            judged = {CaptionId(unpack_id(one.pk)) for one in changes if one.cid in _ASKS_TO_READ}
            told = Changes(tuple(sorted(touched & present)), tuple(sorted(touched - present)))
            return corrections.to_read(captions, judged), told

        return await self._change(video, copy, work)

    async def _edit(self, video: Video, edit: Callable[[Statements], Corrected]) -> Corrected:
        def work(captions: Statements) -> tuple[Corrected, Changes]:
            corrected = edit(captions)
            return corrected, corrected.changes

        async with self._captions(video) as copy:
            return await self._change(video, copy, work)

    @asynccontextmanager
    async def _captions(self, video: Video) -> AsyncGenerator[WorkingCopy]:
        if video.active_version is None:
            raise ConflictError(
                "The video has no captions yet.",
                "Approve its layout, and wait until their times are found.",
            )
        async with self._copies.use(_place(video)) as hosted:
            yield hosted.copy

    async def _change(self, video: Video, copy: WorkingCopy, work: _Work[_T]) -> _T:
        def change(captions: Statements) -> _Changed[_T]:
            shown = show_predictions(captions, video.active_version)
            value, changes = work(captions)
            count = sum(not one.is_gap for one in load(captions))
            return _Changed(value, shown + changes, count)

        changed = await copy.write(change)
        if changed.changes:
            await self._tell(video, changed)
        return changed.value

    async def _tell(self, video: Video, changed: _Changed[_T]) -> None:
        payload = {
            "video_id": video.id,
            "caption_ids": changed.changes.changed,
            "removed_ids": changed.changes.removed,
        }
        async with self._catalog.transaction() as tx:
            await tx.events.captions(video.tenant_id, video.id, payload)
            await tx.videos.set_stage(video.id, caption_count=changed.count)

    def _inferred(self, video: Video, version: int) -> tuple[CaptionExtent, ...]:
        with tempfile.TemporaryDirectory(prefix="captionacc-") as folder:
            packed, database = Path(folder, "results.db.gz"), Path(folder, "results.db")
            keys = VideoKeys(video.tenant_id, video.id)
            self._store.get_to_file(keys.inference_results_db(version), packed)
            unpack(packed, database)
            return read_extents(database)


def _place(video: Video) -> Place:
    return Place(video.tenant_id, video.id, "captions")


def _make(path: Path) -> None:
    with new_database(path, SCHEMA):
        pass
