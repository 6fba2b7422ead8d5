"""``captions.db`` in the object store. This is its only writer, for all who change captions.

A change is made on a copy, which takes the stored one's place only if that is still the one that
was copied. Predictions of the active version that still wait become captions on the way; see
:mod:`captionacc.databases.predictions`.
"""

from __future__ import annotations

import asyncio
import filecmp
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar
from weakref import WeakValueDictionary

from captionacc.databases import corrections
from captionacc.databases.caption_table import read_captions, write_ocr
from captionacc.databases.captions import Changes
from captionacc.databases.inference_results import read_extents
from captionacc.databases.packing import pack, unpack
from captionacc.databases.predictions import is_due, show_predictions, stage_predictions
from captionacc.errors import ConflictError, ServiceUnavailableError
from captionacc.storage.keys import VideoKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from captionacc.catalog.pool import Catalog
    from captionacc.databases.captions import CaptionOcr, StoredCaption
    from captionacc.databases.corrections import Corrected, Correction
    from captionacc.databases.predictions import Staged
    from captionacc.model.ids import CaptionId, RunId, VideoId
    from captionacc.model.results import CaptionExtent
    from captionacc.model.videos import Video
    from captionacc.storage.store import ObjectStore

_ATTEMPTS: Final = 8
_PAUSE_S: Final = 0.05

_T = TypeVar("_T")
_Work: TypeAlias = "Callable[[Path], tuple[_T, Changes]]"
"""Changes the database in a file; may be called again, with another copy."""


class VideoLocks:
    """One lock for each video, while somebody has it or waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[VideoId, asyncio.Lock] = WeakValueDictionary()

    def of(self, video_id: VideoId) -> asyncio.Lock:
        """The video's lock; hold on to it while it is needed."""
        return self._locks.setdefault(video_id, asyncio.Lock())


@dataclass(frozen=True, slots=True)
class _Changed(Generic[_T]):
    """What a change led to.

    Attributes:
        value: The change's own answer.
        changes: The captions that are not what they were.
        etag: Of the copy that is stored now; ``None`` if there was nothing to store.
        count: How many captions there are, without gaps.
    """

    value: _T
    changes: Changes
    etag: str | None
    count: int


class CaptionsStore:
    """The captions of videos. The given videos are as they were when the request began.

    Every method can raise ``StoreError`` and ``CatalogError``; all but ``stage`` raise
    ``ConflictError`` if the video has no captions yet, and the changing ones
    ``ServiceUnavailableError`` if others always change them first.
    """

    def __init__(self, catalog: Catalog, store: ObjectStore, locks: VideoLocks) -> None:
        self._catalog = catalog
        self._store = store
        self._locks = locks

    async def stage(self, video: Video, version: int, run_id: RunId) -> Staged:
        """Take what inference on ``version`` found; shown once that version is active.

        Raises:
            ObjectNotFoundError: there are no such inference results.
        """
        extents = await asyncio.to_thread(self._inferred, video, version)
        return await self._change(
            video,
            lambda path: (stage_predictions(path, version, run_id, extents), Changes()),
            may_make=True,
        )

    async def read(self, video: Video) -> tuple[StoredCaption, ...]:
        """All captions in order of time."""
        _check_there_are_captions(video)
        captions = await asyncio.to_thread(self._read, video)
        if captions is None:
            return await self._change(video, lambda path: (read_captions(path), Changes()))
        return captions

    async def store_ocr(self, video: Video, results: Iterable[CaptionOcr]) -> None:
        """Take what became of reading captions."""
        _check_there_are_captions(video)
        given = tuple(results)
        await self._change(video, lambda path: (None, write_ocr(path, given)))

    async def correct(
        self, video: Video, caption_id: CaptionId, correction: Correction
    ) -> Corrected:
        """Change a caption as a person wants it.

        Raises:
            NotFoundError: there is no such caption.
            ConflictError: it would overlap another that a person has worked on.
        """
        return await self._edit(
            video, lambda path: corrections.correct(path, caption_id, correction)
        )

    async def add(self, video: Video, extent: CaptionExtent, text: str | None) -> Corrected:
        """Add a person's caption.

        Raises:
            ConflictError: it would overlap another that a person has worked on.
        """
        return await self._edit(video, lambda path: corrections.add(path, extent, text))

    async def remove(self, video: Video, caption_id: CaptionId) -> None:
        """Remove a caption.

        Raises:
            NotFoundError: there is no such caption.
        """
        _check_there_are_captions(video)
        await self._change(video, lambda path: (None, corrections.remove(path, caption_id)))

    async def _edit(self, video: Video, edit: Callable[[Path], Corrected]) -> Corrected:
        def work(path: Path) -> tuple[Corrected, Changes]:
            corrected = edit(path)
            return corrected, corrected.changes

        _check_there_are_captions(video)
        return await self._change(video, work)

    async def _change(self, video: Video, work: _Work[_T], *, may_make: bool = False) -> _T:
        lock = self._locks.of(video.id)
        async with lock:
            for attempt in range(_ATTEMPTS):
                changed = await asyncio.to_thread(
                    self._try_to_change, video, work, may_make=may_make
                )
                if changed is not None:
                    await self._tell(video, changed)
                    return changed.value
                await asyncio.sleep(_PAUSE_S * attempt)
        raise ServiceUnavailableError(
            "The captions are being changed by others all the time.", "Try again."
        )

    def _try_to_change(
        self, video: Video, work: _Work[_T], *, may_make: bool
    ) -> _Changed[_T] | None:
        """``None`` if somebody else has changed them meanwhile."""
        key = _keys(video).captions_db
        with self._copy(key, may_be_missing=may_make) as copy:
            shown = Changes()
            if copy.etag is not None:
                shown = show_predictions(copy.path, video.active_version)
            value, changes = work(copy.path)
            changes = shown + changes
            count = sum(not one.is_gap for one in read_captions(copy.path))
            packed = copy.path.with_name("changed.db.gz")
            pack(copy.path, packed)
            if copy.etag is not None and filecmp.cmp(packed, copy.packed, shallow=False):
                return _Changed(value, changes, None, count)
            try:
                etag = self._store.put_file_if(key, packed, copy.etag)
            except ConflictError:
                return None
            return _Changed(value, changes, etag, count)

    async def _tell(self, video: Video, changed: _Changed[_T]) -> None:
        if changed.etag is None:
            return
        async with self._catalog.transaction() as tx:
            await tx.databases.stored(video.id, "captions", video.tenant_id, changed.etag)
            if changed.changes:
                payload = {
                    "video_id": video.id,
                    "caption_ids": changed.changes.changed,
                    "removed_ids": changed.changes.removed,
                }
                await tx.events.captions(video.tenant_id, video.id, payload)
                await tx.videos.set_stage(video.id, caption_count=changed.count)

    def _read(self, video: Video) -> tuple[StoredCaption, ...] | None:
        """``None`` if predictions have to be shown first."""
        with self._copy(_keys(video).captions_db) as copy:
            if is_due(copy.path, video.active_version):
                return None
            return read_captions(copy.path)

    def _inferred(self, video: Video, version: int) -> tuple[CaptionExtent, ...]:
        with tempfile.TemporaryDirectory(prefix="captionacc-") as folder:
            packed, database = Path(folder, "results.db.gz"), Path(folder, "results.db")
            self._store.get_to_file(_keys(video).inference_results_db(version), packed)
            unpack(packed, database)
            return read_extents(database)

    @contextmanager
    def _copy(self, key: str, *, may_be_missing: bool = False) -> Generator[_Copy]:
        with tempfile.TemporaryDirectory(prefix="captionacc-") as folder:
            path, packed = Path(folder, "captions.db"), Path(folder, "stored.db.gz")
            stored = self._store.head(key)
            if stored is not None or not may_be_missing:
                # Asked for after the ETag: if it is a later copy, the ETag is refused.
                self._store.get_to_file(key, packed)
                unpack(packed, path)
            yield _Copy(path, packed, None if stored is None else stored.etag)


@dataclass(frozen=True, slots=True)
class _Copy:
    """The stored database as a file; ``etag`` is ``None`` if there is none."""

    path: Path
    packed: Path
    etag: str | None


def _check_there_are_captions(video: Video) -> None:
    if video.active_version is None:
        raise ConflictError(
            "The video has no captions yet.",
            "Approve its layout, and wait until their times are found.",
        )


def _keys(video: Video) -> VideoKeys:
    return VideoKeys(video.tenant_id, video.id)
