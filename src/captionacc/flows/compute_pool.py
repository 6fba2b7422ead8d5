"""This process's compute backend: made when the first call needs it, ended when it is idle.

Warm compute processes hold the engines' memory, so none is kept for long without work.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from anyio import CapacityLimiter, to_thread

from captionacc.compute.backends.choice import make_backend
from captionacc.errors import CaptionAccError
from captionacc.flows.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from typing import Self

    from captionacc.compute.backends.base import CallCost, CallId, ComputeBackend
    from captionacc.compute.contracts import Job, JobResult
    from captionacc.compute.progress import Progress
    from captionacc.settings import Settings

_IDLE_S: Final = 60.0
# A thread that waits for a call costs next to nothing; the backend lets few run at once.
_MOST_WAITING: Final = 256

_log = logging.getLogger(__name__)


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

    async def cost(self) -> CallCost:
        """What the call has taken.

        Raises:
            ServiceUnavailableError: nobody can tell now.
        """
        return await to_thread.run_sync(self.backend.cost, self.id)


class ComputePool:
    """Runs compute calls for flows, all in one event loop.

    Args:
        make: Makes the backend.
        idle_s: Seconds without any call after which its processes end.
    """

    def __init__(self, make: Callable[[], ComputeBackend], idle_s: float = _IDLE_S) -> None:
        self._make = make
        self._idle_s = idle_s
        self._backend: ComputeBackend | None = None
        self._users: Counter[CallId] = Counter()
        self._inside = 0
        self._waiting = CapacityLimiter(_MOST_WAITING)
        self._idle: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """A pool of the backend that these settings ask for."""
        return cls(lambda: make_backend(settings))

    @property
    def is_warm(self) -> bool:
        """Whether there are compute processes."""
        return self._backend is not None

    @asynccontextmanager
    async def call(
        self,
        job: Job,
        earlier: CallId | None = None,
        is_unwanted: Callable[[], bool] = lambda: False,
    ) -> AsyncGenerator[ComputeCall]:
        """Have ``job`` run, or share the call that runs it already; the last to leave leaves it.

        Args:
            job: The job.
            earlier: A call that was begun for it before, perhaps by another process.
            is_unwanted: Whether a call that is left half-way is to end, wherever it runs, for
                nobody will go on waiting for it.

        Raises:
            CaptionAccError: it cannot be submitted.
        """
        if self._backend is None:
            self._backend = self._make()
        backend = self._backend
        self._inside += 1
        try:
            call_id = await self._submit(backend, job, earlier)
            self._users[call_id] += 1
            try:
                yield ComputeCall(call_id, backend, self._waiting)
            finally:
                self._users[call_id] -= 1
                if not self._users[call_id]:
                    del self._users[call_id]
                    end = backend.cancel if is_unwanted() else backend.leave
                    await uninterrupted(_try(end, call_id))
        finally:
            self._inside -= 1
            if not self._inside:
                self._close_later()

    async def close(self) -> None:
        """End all calls and processes."""
        if self._idle is not None:
            self._idle.cancel()
            await asyncio.wait([self._idle])
        await self._end_processes()

    async def _submit(self, backend: ComputeBackend, job: Job, earlier: CallId | None) -> CallId:
        """Submit, and learn the call's id even if nobody waits for it any more."""
        submitting = asyncio.ensure_future(to_thread.run_sync(backend.submit, job, earlier))
        await asyncio.wait([submitting])
        return submitting.result()

    def _close_later(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.create_task(self._close_when_idle())

    async def _close_when_idle(self) -> None:
        await asyncio.sleep(self._idle_s)
        if not self._inside:
            await self._end_processes()

    async def _end_processes(self) -> None:
        backend, self._backend = self._backend, None
        if backend is not None:
            await to_thread.run_sync(backend.close)


async def _try(end: Callable[[CallId], None], call_id: CallId) -> None:
    """A call that cannot be reached ends by itself, at its time limit at the latest."""
    try:
        await to_thread.run_sync(end, call_id)
    except CaptionAccError as error:
        _log.warning("compute call %s was not ended: %s", call_id, error)
