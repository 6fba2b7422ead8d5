"""One open working copy: its only writer, who is told of its changes, and how it is stored."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol, TypeVar

from captionacc.databases.packing import pack
from captionacc.errors import ConflictError, ServiceUnavailableError
from captionacc.sync import records
from captionacc.sync.engine.workers import Turns
from captionacc.sync.opening import is_ours

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from captionacc.errors import CaptionAccError
    from captionacc.storage.store import ObjectStore
    from captionacc.sync.changes import Page
    from captionacc.sync.engine.database import SyncDatabase
    from captionacc.sync.engine.workers import Workers
    from captionacc.sync.opening import Opened
    from captionacc.sync.places import Place

_T = TypeVar("_T")
_ATTEMPTS = 3


class ReplacedError(ConflictError):
    """Something that was not made from this copy is stored in its place."""


class Watcher(Protocol):
    """Who wants to hear of changes."""

    def wake(self) -> None:
        """There are new changes."""
        ...

    def end(self, reason: CaptionAccError) -> None:
        """There will be no more."""
        ...


class WorkingCopy:
    """A shared database of a video, open in this process and nowhere else.

    Attributes:
        place: Which one.
        name: By which clients know this lineage.
        site_id: What CR-SQLite calls it.
        schema_version: Of its tables.
        users: How many work with it; it stays open meanwhile.
        watchers: Who is told of changes.
        used_at: When it was last needed, on the monotonic clock.
        ours_until: Until when nobody else may have it open, on the same clock.
    """

    def __init__(self, place: Place, opened: Opened, workers: Workers, version: int) -> None:
        self.place = place
        self.name = opened.name
        self.site_id = opened.database.site_id
        self.schema_version = version
        self.users = 0
        self.watchers: set[Watcher] = set()
        self.used_at = time.monotonic()
        self.ours_until = 0.0
        self._database = opened.database
        self._turns = Turns(opened.database, workers)
        self._workers = workers
        self._etag = opened.etag
        self._writes = int(opened.is_unsaved)
        self._saved = 0
        self._unsaved_since: float | None = self.used_at if opened.is_unsaved else None
        self._written_at = self.used_at
        self._saving = asyncio.Lock()
        self._ended: CaptionAccError | None = None

    @property
    def is_unsaved(self) -> bool:
        """Whether it holds what is not stored."""
        return self._writes != self._saved

    @property
    def unsaved_s(self) -> float:
        """For how long it has held something that is not stored; 0 if it does not."""
        return 0.0 if self._unsaved_since is None else time.monotonic() - self._unsaved_since

    @property
    def quiet_s(self) -> float:
        """How long ago the last change was."""
        return time.monotonic() - self._written_at

    async def read(self, work: Callable[[SyncDatabase], _T]) -> _T:
        """What ``work`` finds."""
        self._check()
        return await self._turns.run(work)

    async def write(self, work: Callable[[SyncDatabase], _T]) -> _T:
        """What ``work`` returns after its changes, all or none of them, are on the disk.

        Raises:
            ServiceUnavailableError: another process may have it by now.
        """
        self._check()
        if self.used_at >= self.ours_until:
            raise ServiceUnavailableError("It is not known who may write this.", "Try again.")
        result, is_changed = await self._turns.run(lambda database: self._change(database, work))
        if is_changed:
            self._written_at = time.monotonic()
            if self._unsaved_since is None:
                self._unsaved_since = self._written_at
            for watcher in tuple(self.watchers):
                watcher.wake()
        return result

    async def changes_since(self, db_version: int, exclude: bytes | None) -> Page:
        """See :meth:`SyncDatabase.changes_since`."""
        return await self.read(lambda database: database.changes_since(db_version, exclude=exclude))

    async def save(self, store: ObjectStore) -> str | None:
        """Store what is not stored yet; returns the new ETag, ``None`` if there is nothing to do.

        Raises:
            ReplacedError: something else is stored there by now.
            StoreError: the store failed; it can be tried again.
        """
        async with self._saving:
            if not self.is_unsaved:
                return None
            writes, name = await self._turns.run(self._snapshot)
            try:
                self._etag = await self._workers.wait(lambda: self._put(store, name))
            finally:
                await self._workers.wait(lambda: self._draft().unlink(missing_ok=True))
            await self._turns.run(lambda database: self._note_saved(database, writes))
            return self._etag

    def end(self, reason: CaptionAccError) -> None:
        """Nobody can use it any more."""
        self._ended = reason
        for watcher in tuple(self.watchers):
            watcher.end(reason)

    async def close(self, *, is_lost: bool = False) -> None:
        """Let go of the file; what is lost is left as a killed process would."""
        self._ended = self._ended or ServiceUnavailableError("It was just closed.", "Try again.")
        await self._turns.run(lambda database: database.abandon() if is_lost else database.close())

    def _check(self) -> None:
        self.used_at = time.monotonic()
        if self._ended is not None:
            raise self._ended

    def _change(
        self, database: SyncDatabase, work: Callable[[SyncDatabase], _T]
    ) -> tuple[_T, bool]:
        before = _total_changes(database)
        with database.transaction():
            result = work(database)
            is_changed = _total_changes(database) != before
            if is_changed and not self.is_unsaved:
                records.note_unsaved(database)
        if is_changed:
            self._writes += 1
        return result, is_changed

    def _snapshot(self, database: SyncDatabase) -> tuple[int, tuple[str, ...]]:
        records.begin_save(database)
        saves = database.execute("SELECT name FROM sync_saves ORDER BY number")
        database.copy_to(self._draft())
        return self._writes, tuple(str(name) for (name,) in saves)

    def _put(self, store: ObjectStore, saves: tuple[str, ...]) -> str:
        draft = self._draft()
        packed = draft.with_name(f"{draft.name}.gz")
        pack(draft, packed)
        try:
            return self._put_packed(store, packed, saves)
        finally:
            packed.unlink(missing_ok=True)

    def _put_packed(self, store: ObjectStore, packed: Path, saves: tuple[str, ...]) -> str:
        """What an earlier attempt has stored without hearing of it is replaced too."""
        etag = self._etag
        for _ in range(_ATTEMPTS):
            try:
                return store.put_file_if(self.place.key, packed, etag)
            except ConflictError:
                stored = store.head(self.place.key)
                look = packed.with_name(f"{packed.name}.look")
                if stored is None or not is_ours(store, self.place, look, saves):
                    break
                etag = stored.etag
        raise ReplacedError(f"Something else is stored as {self.place.key}.")

    def _note_saved(self, database: SyncDatabase, writes: int) -> None:
        assert self._etag is not None  # noqa: S101  # it was just stored
        is_unsaved = self._writes != writes
        records.end_save(database, self._etag, is_unsaved=is_unsaved)
        self._saved = writes
        self._unsaved_since = time.monotonic() if is_unsaved else None

    def _draft(self) -> Path:
        path = self._database.path
        return path.with_name(f".{path.name}.draft")


def _total_changes(database: SyncDatabase) -> int:
    ((count,),) = database.execute("SELECT total_changes()")
    assert isinstance(count, int)  # noqa: S101  # so SQLite says
    return count
