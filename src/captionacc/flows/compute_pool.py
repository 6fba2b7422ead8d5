"""This process's compute backend: made when the first call needs it, ended when it is idle.

Warm compute processes hold the engines' memory, so none is kept for long without work.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from anyio import CapacityLimiter, to_thread

from captionacc.compute.backends.local import LocalBackend
from captionacc.compute.backends.process import WorkerOptions

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from typing import Self

    from captionacc.compute.backends.base import CallId, ComputeBackend
    from captionacc.compute.contracts import Job, JobResult
    from captionacc.compute.progress import Progress
    from captionacc.settings import Settings

_IDLE_S: Final = 60.0
# A thread that waits for a call costs next to nothing; the backend lets few run at once.
_MOST_WAITING: Final = 256


@dataclass(frozen=True, slots=True)
class ComputeCall:
    """A call that somebody here waits for."""

    id: CallId
    backend: ComputeBackend
    waiting: CapacityLimiter

    async def result(self, progress: Progress) -> JobResult:
        """Wait without holding up the event loop.

        Raises:
            CaptionAccError: what the call raised.
        """
        return await to_thread.run_sync(
            self.backend.result, self.id, progress, abandon_on_cancel=True, limiter=self.waiting
        )


class ComputePool:
    """Runs compute calls for flows, all in one event loop.

    Args:
        make: Makes the backend.
        idle_s: Seconds without any call after which its processes end.
    """

    def __init__(self, make: Callable[[], LocalBackend], idle_s: float = _IDLE_S) -> None:
        self._make = make
        self._idle_s = idle_s
        self._backend: LocalBackend | None = None
        self._users: Counter[CallId] = Counter()
        self._waiting = CapacityLimiter(_MOST_WAITING)
        self._idle: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """A pool of this machine's compute processes under these settings."""
        options = WorkerOptions(memory_limit_mb=settings.worker_memory_mb)
        return cls(lambda: LocalBackend(settings.compute_workers, options))

    @property
    def is_warm(self) -> bool:
        """Whether there are compute processes."""
        return self._backend is not None

    @asynccontextmanager
    async def call(self, job: Job) -> AsyncGenerator[ComputeCall]:
        """Have ``job`` run, or share the call that runs it already; the last to leave ends it."""
        if self._backend is None:
            self._backend = self._make()
        backend = self._backend
        call = ComputeCall(backend.submit(job), backend, self._waiting)
        self._users[call.id] += 1
        try:
            yield call
        finally:
            self._users[call.id] -= 1
            if not self._users[call.id]:
                del self._users[call.id]
                backend.cancel(call.id)  # means nothing to a call that has ended
            if not self._users:
                self._close_later()

    async def close(self) -> None:
        """End all calls and processes."""
        if self._idle is not None:
            self._idle.cancel()
            await asyncio.wait([self._idle])
        await self._end_processes()

    def _close_later(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.create_task(self._close_when_idle())

    async def _close_when_idle(self) -> None:
        await asyncio.sleep(self._idle_s)
        if not self._users:
            await self._end_processes()

    async def _end_processes(self) -> None:
        backend, self._backend = self._backend, None
        if backend is not None:
            await to_thread.run_sync(backend.close)
