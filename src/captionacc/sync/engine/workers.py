"""Many databases on few threads, so that none holds up another, nor the event loop.

One thread at a time works on a database, in the order in which it was asked. Threads wait for
disks and for the interpreter; while the engine computes, other threads run.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from captionacc.sync.engine.database import SyncDatabase

_Result = TypeVar("_Result")

_THREADS: Final = 16


class Workers:
    """The threads of a process."""

    def __init__(self, threads: int = _THREADS) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="sync")

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """What ``work`` returns, from one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Wait until the threads have ended."""
        self._pool.shutdown()


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
