"""What every place that runs compute calls offers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NewType, Protocol

from captionacc.compute.progress import NULL_PROGRESS

if TYPE_CHECKING:
    from captionacc.compute.contracts import Job, JobResult
    from captionacc.compute.progress import Progress, ProgressEvent

CallId = NewType("CallId", str)


class CallState(StrEnum):
    """Where a call is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class CallCost:
    """What a call took.

    Attributes:
        resource: What computed it, such as ``local`` or ``T4``.
        seconds: For how long, its attempts that were ended half-way included.
        cost_usd: By the price table.
    """

    resource: str
    seconds: float
    cost_usd: Decimal = Decimal(0)


class ComputeBackend(Protocol):
    """Runs compute jobs somewhere else and lets any holder of a call id follow them.

    A job that is already queued or running under the same ``job_key`` is not started twice: its
    call id is returned again. May be used from several threads. All methods may take as long as a
    request over the network, and raise ``ServiceUnavailableError`` where there is one.
    """

    def submit(self, job: Job, earlier: CallId | None = None) -> CallId:
        """Queue ``job``, or return the call that runs or has computed it.

        Args:
            job: The job.
            earlier: A call that was begun for it, perhaps by a process that is gone.

        Raises:
            MissingDependencyError: the place is not set up.
        """
        ...

    def state(self, call_id: CallId) -> CallState:
        """Where the call is.

        Raises:
            UsageError: no such call is known here.
        """
        ...

    def progress(self, call_id: CallId) -> ProgressEvent | None:
        """The latest report of the call, if there is one."""
        ...

    def result(
        self,
        call_id: CallId,
        progress: Progress = NULL_PROGRESS,
        timeout_s: float | None = None,
    ) -> JobResult:
        """Wait for the call and return what it returned; its reports go to ``progress`` meanwhile.

        Raises:
            TimeoutError: not finished after ``timeout_s`` seconds; the call goes on.
            CancelledError: the call was cancelled.
            WorkerLostError: its process died or hung.
            CaptionAccError: what the function raised.
        """
        ...

    def cancel(self, call_id: CallId) -> None:
        """Ask the call to end; a call that has ended already is left alone."""
        ...

    def leave(self, call_id: CallId) -> None:
        """Nobody here waits any more: ends the call unless another process could go on waiting."""
        ...

    def cost(self, call_id: CallId) -> CallCost:
        """What the call has taken so far."""
        ...

    def close(self) -> None:
        """Give back what this process holds."""
        ...
