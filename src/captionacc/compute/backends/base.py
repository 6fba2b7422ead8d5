"""What every place that runs compute calls offers."""

from __future__ import annotations

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


class ComputeBackend(Protocol):
    """Runs compute jobs somewhere else and lets any holder of a call id follow them.

    A job that is already queued or running under the same ``job_key`` is not started twice: its
    call id is returned again.
    """

    def submit(self, job: Job) -> CallId:
        """Queue ``job``; returns at once."""
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
