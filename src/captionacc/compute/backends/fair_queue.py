"""What waits for a compute process: no video has to wait for all that another has to do."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from captionacc.compute.contracts import Job


class HasJob(Protocol):
    """Something that stands for a job."""

    @property
    def job(self) -> Job:
        """The job."""
        ...


_REMEMBERED: Final = 1000
"""Tenants and videos; who was served before all of these has waited long enough."""

_Call = TypeVar("_Call", bound=HasJob)


class FairQueue(Generic[_Call]):
    """First comes the tenant, then the video, that was served longest ago; then who came first.

    May be used from several threads.
    """

    def __init__(self) -> None:
        self._waiting: list[_Call] = []
        self._changed = threading.Condition()
        self._served: dict[str, int] = {}
        self._turn = 0
        self._is_closed = False

    def put(self, call: _Call) -> None:
        """Add a call."""
        with self._changed:
            self._waiting.append(call)
            self._changed.notify()

    def get(self) -> _Call | None:
        """Wait for a call and take it; ``None`` once the queue is closed and empty."""
        with self._changed:
            while not self._waiting:
                if self._is_closed:
                    return None
                self._changed.wait()
            call = min(self._waiting, key=self._last_turns)
            self._waiting.remove(call)
            self._note(call)
            return call

    def close(self) -> None:
        """Nothing is added any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _last_turns(self, call: _Call) -> tuple[int, int]:
        return self._served.get(call.job.tenant_id, 0), self._served.get(call.job.video_id, 0)

    def _note(self, call: _Call) -> None:
        self._turn += 1
        for name in (call.job.tenant_id, call.job.video_id):
            self._served.pop(name, None)  # to come last again
            self._served[name] = self._turn
        while len(self._served) > _REMEMBERED:
            self._served.pop(next(iter(self._served)))
