"""Many databases on few threads, so that none holds up another, nor the event loop.

One thread at a time works on a database, in the order in which it was asked. While the engine
computes, or the disk writes, other threads run; but every call into the engine asks for the
interpreter anew, so more threads than cores only wait for one another. Those that wait for a store
are others.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

from captionacc.settings import available_cores

if TYPE_CHECKING:
    from collections.abc import Callable

    from captionacc.sync.engine.database import SyncDatabase

_Result = TypeVar("_Result")

_WRITING: Final = 1
"""Threads beyond one for each core, for some of them wait for the disk."""

_WAITING: Final = 16


class Workers:
    """The threads of a process."""

    def __init__(self) -> None:
        threads = available_cores() + _WRITING
        self._computing = ThreadPoolExecutor(threads, thread_name_prefix="sync")
        self._waiting = ThreadPoolExecutor(_WAITING, thread_name_prefix="sync-store")

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """What ``work`` on a database returns."""
        return await asyncio.get_running_loop().run_in_executor(self._computing, work)

    async def wait(self, work: Callable[[], _Result]) -> _Result:
        """What ``work`` returns that may take long without computing."""
        return await asyncio.get_running_loop().run_in_executor(self._waiting, work)

    def close(self) -> None:
        """Wait until the threads have ended."""
        self._waiting.shutdown()
        self._computing.shutdown()


class Turns:
    """Access to one database, one after the other."""

    def __init__(self, database: SyncDatabase, workers: Workers) -> None:
        self._database = database
        self._workers = workers
        self._lock = asyncio.Lock()

    async def run(self, work: Callable[[SyncDatabase], _Result]) -> _Result:
        """What ``work`` makes of the database; it ends even if the caller does not wait."""
        return await asyncio.shield(asyncio.ensure_future(self._in_turn(work)))

    async def _in_turn(self, work: Callable[[SyncDatabase], _Result]) -> _Result:
        async with self._lock:
            return await self._workers.run(lambda: work(self._database))
