"""The working copies of this process: opened when needed, stored from time to time, let go of."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from captionacc.catalog.databases import COPIES_CHANNEL
from captionacc.catalog.listen import Listener
from captionacc.errors import (
    CaptionAccError,
    NotFoundError,
    ServiceUnavailableError,
)
from captionacc.sync.engine.workers import Workers
from captionacc.sync.hosted import CopyTimes, HostedCopy, Reactions
from captionacc.sync.leases import LeaseBook
from captionacc.sync.opening import open_copy, unsaved_in
from captionacc.sync.places import Slot, take_slot
from captionacc.sync.sharing import SCHEMAS
from captionacc.sync.working_copy import ReplacedError, WorkingCopy

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
    from pathlib import Path

    from captionacc.catalog.pool import Catalog
    from captionacc.model.videos import DatabaseState
    from captionacc.storage.store import ObjectStore
    from captionacc.sync.places import Place

_log: Final = logging.getLogger(__name__)


class WorkingCopies:
    """All of them.

    Args:
        root: Where slots are.
        store: Where databases are stored.
        catalog: The catalog, or an error while it cannot be reached.
        database_url: Postgres, to listen.
        times: How often what is done.
    """

    def __init__(
        self,
        root: Path,
        store: ObjectStore,
        catalog: Callable[[], Catalog],
        database_url: str,
        times: CopyTimes | None = None,
    ) -> None:
        self.reactions: Reactions = Reactions()
        self._root = root
        self._store = store
        self._catalog = catalog
        self._url = database_url
        self._times = times or CopyTimes()
        self._workers = Workers()
        self._slot: Slot | None = None
        self._open: dict[Place, asyncio.Future[HostedCopy]] = {}
        self._renewed_at = 0.0
        self._background: set[asyncio.Task[None]] = set()
        self._is_ending = False

    @property
    def unsaved_count(self) -> int:
        """How many hold what is not stored."""
        return sum(hosted.copy.is_unsaved for hosted in self._hosted())

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Look after them during the block; at its end all are stored and closed."""
        self._slot = await asyncio.to_thread(take_slot, self._root)
        left = await asyncio.to_thread(unsaved_in, self._slot)
        tasks = [
            asyncio.create_task(self._look_after(), name="working copies"),
            asyncio.create_task(self._listen(), name="news of working copies"),
            asyncio.create_task(self._recover(left), name="recovery of working copies"),
        ]
        for task in tasks:
            task.add_done_callback(_tell_of_failure)
        try:
            yield
        finally:
            self._is_ending = True
            for task in (*tasks, *self._background):
                task.cancel()
            await asyncio.wait([*tasks, *self._background])
            await self.close_all()
            self._slot.release()
            await asyncio.to_thread(self._workers.close)

    @asynccontextmanager
    async def use(
        self, place: Place, make: Callable[[Path], None] | None = None
    ) -> AsyncGenerator[HostedCopy]:
        """The working copy, which stays open during the block.

        Args:
            place: Which one.
            make: Makes the database if it is nowhere yet.

        Raises:
            ObjectNotFoundError: it is nowhere.
            ServiceUnavailableError: another process has it open; it can be tried again.
            UnreadableDatabaseError: it is damaged or too new.
        """
        hosted = await self._get(place, make)
        hosted.copy.users += 1
        try:
            yield hosted
        finally:
            hosted.copy.users -= 1
            hosted.copy.used_at = time.monotonic()

    async def save(self, hosted: HostedCopy) -> None:
        """Store it now.

        Raises:
            ReplacedError: something else is stored there by now.
            StoreError: the store failed.
        """
        copy, place = hosted.copy, hosted.copy.place
        try:
            etag = await copy.save(self._store)
        except ReplacedError as error:
            await self._drop(hosted, error)
            raise
        if etag is not None:
            await self._catalog().databases.stored(
                place.video_id, place.name, place.tenant_id, etag
            )

    async def refresh(self, place: Place) -> None:
        """If it is open here, take note at once of what has happened to its lease."""
        for hosted in self._hosted():
            if hosted.copy.place == place and not hosted.is_closing:
                await hosted.leases.refresh()

    async def save_all(self) -> None:
        """Store whatever is not stored."""
        await asyncio.gather(*(self._save_quietly(hosted) for hosted in self._hosted()))

    async def _get(self, place: Place, make: Callable[[Path], None] | None) -> HostedCopy:
        while True:
            opening = self._open.get(place)
            if opening is None:
                opening = self._open[place] = asyncio.ensure_future(self._open_one(place, make))
                opening.add_done_callback(lambda done: self._forget_failed(place, done))
            hosted = await asyncio.shield(opening)
            if not hosted.is_closing:
                return hosted
            await hosted.closed.wait()

    def _forget_failed(self, place: Place, done: asyncio.Future[HostedCopy]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._open.pop(place, None)

    async def _open_one(self, place: Place, make: Callable[[Path], None] | None) -> HostedCopy:
        slot = self._slot
        if slot is None or self._is_ending:
            raise ServiceUnavailableError("The server is not ready or about to end.", "Try again.")
        until = time.monotonic() + self._times.host_s
        await self._catalog().videos.get(place.video_id, place.tenant_id)
        state = await self._host(place, slot)
        try:
            opened = await self._workers.wait(
                lambda: open_copy(slot, self._store, place, state.host_generation, make)
            )
        except BaseException:
            await self._catalog().databases.stop_hosting(place.video_id, place.name, slot.host)
            raise
        version = SCHEMAS[place.name].version
        copy = WorkingCopy(place, opened, self._workers, version)
        copy.ours_until = until
        return HostedCopy(copy, LeaseBook(place, self._catalog, self._times.lease))

    async def _host(self, place: Place, slot: Slot) -> DatabaseState:
        return await self._catalog().databases.host(
            place.video_id,
            place.name,
            place.tenant_id,
            slot.host,
            self._times.host_s,
            predecessors=slot.predecessors,
        )

    def _hosted(self) -> list[HostedCopy]:
        done = (one for one in self._open.values() if one.done() and not one.cancelled())
        return [one.result() for one in done if one.exception() is None]

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(self._times.look_s)
            await _carry_on(self._renew_hosting())
            for hosted in self._hosted():
                await _carry_on(self._look_at(hosted))

    async def _renew_hosting(self) -> None:
        now = time.monotonic()
        if self._slot is None or now - self._renewed_at < self._times.renew_s:
            return
        before = self._hosted()
        ours = await self._catalog().databases.keep_hosting(self._slot.host, self._times.host_s)
        self._renewed_at = now
        for hosted in before:
            place = hosted.copy.place
            if (place.video_id, place.name) in ours:
                hosted.copy.ours_until = now + self._times.host_s
            elif not hosted.is_closing:
                lost = ServiceUnavailableError("Another server has taken over.", "Connect again.")
                await self._drop(hosted, lost)

    async def _look_at(self, hosted: HostedCopy) -> None:
        if hosted.is_closing:
            return
        copy, times, now = hosted.copy, self._times, time.monotonic()
        has_edits = hosted.is_recovered or bool(hosted.edits)
        if has_edits and now - hosted.edited_at >= times.react_s and _is_idle(hosted.reacting):
            hosted.reacting = self._start(self._react(hosted))
        is_due = copy.quiet_s >= times.quiet_s or copy.unsaved_s >= times.unsaved_s
        if copy.is_unsaved and is_due and now >= hosted.retry_at and _is_idle(hosted.saving):
            hosted.saving = self._start(self._save_quietly(hosted))
        is_unused = copy.users == 0 and now - copy.used_at >= times.unused_s
        if is_unused and not copy.is_unsaved and not has_edits and _is_idle(hosted.reacting):
            await self._close(hosted)
        else:
            await hosted.leases.renew()

    async def _react(self, hosted: HostedCopy) -> None:
        edits, hosted.edits = hosted.edits, []
        is_recovered, hosted.is_recovered = hosted.is_recovered, False
        try:
            await self.reactions.edited(hosted.copy, None if is_recovered else edits)
        except CaptionAccError as error:
            _log.warning("edits of %s: %s", hosted.copy.place.key, error)

    async def _save_quietly(self, hosted: HostedCopy) -> None:
        try:
            await self.save(hosted)
        except CaptionAccError as error:
            hosted.retry_at = time.monotonic() + self._times.retry_s
            _log.warning("%s is not stored yet: %s", hosted.copy.place.key, error)

    async def _close(self, hosted: HostedCopy) -> None:
        """Let go of a copy that is stored; what is left of it is removed."""
        place = hosted.copy.place
        hosted.is_closing = True
        try:
            await hosted.copy.close()
            await self._remove(place)
        finally:
            self._open.pop(place, None)
            hosted.closed.set()

    async def _remove(self, place: Place) -> None:
        """Nothing of it is needed here any more."""
        slot = self._slot
        assert slot is not None  # noqa: S101  # or nothing could have been opened
        await self._workers.wait(lambda: slot.remove(place))
        await self._catalog().databases.stop_hosting(place.video_id, place.name, slot.host)

    async def _drop(self, hosted: HostedCopy, reason: CaptionAccError) -> None:
        """It is ours no longer, or of no use; the file is looked at when it is opened again."""
        if hosted.is_closing:
            return
        _log.warning("the working copy of %s is dropped: %s", hosted.copy.place.key, reason)
        hosted.is_closing = True
        try:
            hosted.copy.end(reason)
            await hosted.copy.close(is_lost=True)
        finally:
            self._open.pop(hosted.copy.place, None)
            hosted.closed.set()

    async def close_all(self) -> None:
        """Store and close all; what cannot be stored is found again at the next start."""
        for hosted in self._hosted():
            hosted.copy.end(ServiceUnavailableError("The server restarts.", "Connect again."))
        await self.save_all()
        for hosted in self._hosted():
            try:
                if hosted.copy.is_unsaved:
                    await hosted.copy.close()
                else:
                    await self._close(hosted)
            except CaptionAccError as error:
                _log.warning("closing %s: %s", hosted.copy.place.key, error)

    async def _recover(self, left: Sequence[Place]) -> None:
        """Open what a process left here, so that it gets stored."""
        for place in left:
            await self._recover_one(place)

    async def _recover_one(self, place: Place) -> None:
        while True:
            try:
                async with self.use(place):
                    return
            except NotFoundError as error:
                _log.warning("what is left of %s is of no use: %s", place.key, error)
                await self._remove(place)
                return
            except CaptionAccError as error:
                _log.warning("%s cannot be recovered yet: %s", place.key, error)
            await asyncio.sleep(self._times.retry_s)

    async def _listen(self) -> None:
        async with Listener(self._url, [COPIES_CHANNEL]) as listener:
            async for notification in listener.notifications():
                for hosted in self._hosted():
                    if notification.payload in {"", hosted.copy.place.video_id}:
                        self._start(self._refresh(hosted))

    async def _refresh(self, hosted: HostedCopy) -> None:
        """Something has happened to the lease or the video."""
        place = hosted.copy.place
        try:
            video = await self._catalog().videos.get(place.video_id, place.tenant_id)
            await hosted.leases.refresh()
            if not hosted.is_closing:
                await self.reactions.shown(hosted.copy, video)
        except NotFoundError as error:
            hosted.leases.end()
            await self._drop(hosted, error)
            await self._remove(place)
        except CaptionAccError as error:
            _log.warning("news of %s: %s", place.key, error)

    def _start(self, work: Awaitable[None]) -> asyncio.Task[None]:
        async def run() -> None:
            await work

        task = asyncio.create_task(run())
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        task.add_done_callback(_tell_of_failure)
        return task


async def _carry_on(work: Awaitable[None]) -> None:
    """One copy's trouble is none of the others'."""
    try:
        await work
    except CaptionAccError as error:
        _log.warning("working copies: %s", error)
    except Exception:  # noqa: BLE001  # the edge of a loop that must go on: logged
        _log.exception("working copies")


def _is_idle(task: asyncio.Task[None] | None) -> bool:
    return task is None or task.done()


def _tell_of_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.critical("%s has failed", task.get_name(), exc_info=error)
