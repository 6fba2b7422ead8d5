"""Compute calls in a warm pool of processes on this machine."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from captionacc.compute.backends.base import CallCost, CallId, CallState
from captionacc.compute.backends.fair_queue import FairQueue
from captionacc.compute.backends.process import WorkerOptions, WorkerProcess
from captionacc.compute.progress import NULL_PROGRESS
from captionacc.errors import CancelledError, CaptionAccError, UsageError, WorkerLostError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from captionacc.compute.contracts import Job, JobResult
    from captionacc.compute.progress import Progress, ProgressEvent

_ENDED: Final = {CallState.SUCCEEDED, CallState.FAILED, CallState.CANCELLED}
_KEPT_CALLS: Final = 256
_WAKE_S: Final = 0.2


class _Call:
    """One submitted job and how far it has come. Guarded by ``changed``."""

    def __init__(self, job: Job) -> None:
        self.id = CallId(uuid4().hex)
        self.job = job
        self.state = CallState.QUEUED
        self.event: ProgressEvent | None = None
        self.outcome: JobResult | CaptionAccError | None = None
        self.started: float | None = None
        self.ended: float | None = None
        self.cancel_requested = threading.Event()
        self.changed = threading.Condition()

    def report(self, event: ProgressEvent) -> None:
        with self.changed:
            self.event = event
            self.changed.notify_all()

    def set(self, state: CallState, outcome: JobResult | CaptionAccError | None = None) -> None:
        with self.changed:
            self.state, self.outcome = state, outcome
            if state is CallState.RUNNING:
                self.started = time.monotonic()
            else:
                self.ended = time.monotonic()
            self.changed.notify_all()

    @property
    def seconds(self) -> float:
        """How long it has run."""
        if self.started is None:
            return 0.0
        return (self.ended or time.monotonic()) - self.started


class LocalBackend:
    """A pool of ``workers`` warm processes; use it as a context manager, or ``close`` it.

    What waits is taken in turns of tenants and videos. A process that dies or hangs fails its call
    with ``WorkerLostError`` and is replaced. All processes end with this one, whatever ends it. May
    be used from several threads.
    """

    def __init__(self, workers: int = 1, options: WorkerOptions | None = None) -> None:
        self._options = options or WorkerOptions()
        self._queue = FairQueue[_Call]()
        self._calls: dict[CallId, _Call] = {}
        self._lock = threading.Lock()
        self._slots = [_Slot(self._queue, self._options) for _ in range(workers)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the live workers."""
        return [pid for slot in self._slots if (pid := slot.pid) is not None]

    def submit(self, job: Job, earlier: CallId | None = None) -> CallId:  # noqa: ARG002  # calls end with the process that began them
        """Queue ``job``; a job under way with the same key is not started again."""
        with self._lock:
            for call in self._calls.values():
                if call.job.job_key == job.job_key and call.state not in _ENDED:
                    return call.id
            call = _Call(job)
            self._forget_old()
            self._calls[call.id] = call
        self._queue.put(call)
        return call.id

    def state(self, call_id: CallId) -> CallState:
        """Where the call is."""
        return self._find(call_id).state

    def progress(self, call_id: CallId) -> ProgressEvent | None:
        """The latest report of the call, if there is one."""
        return self._find(call_id).event

    def result(
        self,
        call_id: CallId,
        progress: Progress = NULL_PROGRESS,
        timeout_s: float | None = None,
    ) -> JobResult:
        """Wait for the call; see :meth:`ComputeBackend.result`."""
        call = self._find(call_id)
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        shown: ProgressEvent | None = None
        while call.state not in _ENDED:
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError(f"call {call_id} has not ended after {timeout_s} s")
            with call.changed:
                if call.event is shown and call.state not in _ENDED:
                    call.changed.wait(_WAKE_S)
                event = call.event
            if event is not None and event is not shown:
                progress.report(event.phase, event.fraction, event.speed)
                shown = event
        return _unwrap(call)

    def cancel(self, call_id: CallId) -> None:
        """Ask the call to end."""
        self._find(call_id).cancel_requested.set()

    def leave(self, call_id: CallId) -> None:
        """Ask the call to end: no other process can reach it."""
        self.cancel(call_id)

    def cost(self, call_id: CallId) -> CallCost:
        """What the call has taken so far, which costs nothing."""
        return CallCost("local", self._find(call_id).seconds)

    def close(self) -> None:
        """End all calls and processes; returns when they are gone."""
        with self._lock:
            for call in self._calls.values():
                call.cancel_requested.set()
        self._queue.close()
        for slot in self._slots:
            slot.join()

    def _find(self, call_id: CallId) -> _Call:
        with self._lock:
            call = self._calls.get(call_id)
        if call is None:
            raise UsageError(f"No compute call {call_id} is known here.", "Submit the job again.")
        return call

    def _forget_old(self) -> None:
        ended = [call.id for call in self._calls.values() if call.state in _ENDED]
        for call_id in ended[: max(len(ended) - _KEPT_CALLS, 0)]:
            del self._calls[call_id]


def _unwrap(call: _Call) -> JobResult:
    outcome = call.outcome
    if isinstance(outcome, CaptionAccError):
        raise outcome
    if outcome is None:
        raise CancelledError("The work was cancelled.")
    return outcome


class _Slot:
    """One place in the pool: a thread that owns one worker process after another."""

    def __init__(self, calls: FairQueue[_Call], options: WorkerOptions) -> None:
        self._calls = calls
        self._options = options
        self._worker: WorkerProcess | None = None
        self._thread = threading.Thread(target=self._serve, name="compute slot", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        worker = self._worker
        return worker.pid if worker is not None and worker.is_alive() else None

    def join(self) -> None:
        self._thread.join()

    def _serve(self) -> None:
        # Inherited by the workers, which would else die of a Ctrl-C before they can ignore it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._try_warm_up()
            while (call := self._calls.get()) is not None:
                self._run(call)
        finally:
            self._discard()

    def _try_warm_up(self) -> None:
        try:
            self._worker = WorkerProcess(self._options)
        except OSError:
            self._worker = None  # the first call tries again, and reports what is wrong

    def _run(self, call: _Call) -> None:
        if call.cancel_requested.is_set():
            call.set(CallState.CANCELLED)
            return
        call.set(CallState.RUNNING)
        try:
            worker = self._ready_worker()
            outcome = worker.run(call.job, call.report, call.cancel_requested.is_set)
        except CancelledError as error:
            call.set(CallState.CANCELLED, error)
        except CaptionAccError as error:
            call.set(CallState.FAILED, error)
        else:
            call.set(CallState.SUCCEEDED, outcome)

    def _ready_worker(self) -> WorkerProcess:
        if self._worker is None or not self._worker.is_alive():
            self._discard()
            try:
                self._worker = WorkerProcess(self._options)
            except OSError as error:
                raise WorkerLostError(
                    f"No compute process could be started: {error.strerror}.",
                    "Close other programs, then run the same command again.",
                ) from error
        return self._worker

    def _discard(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker = None
