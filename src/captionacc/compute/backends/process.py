"""A worker process as its owner holds it: started, given a job, watched, ended."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing import Pipe
from typing import TYPE_CHECKING, Final

from captionacc.compute.backends.wire import (
    MEMORY_EXIT_CODE,
    Cancel,
    Done,
    Failed,
    Reported,
    Run,
)
from captionacc.errors import CancelledError, WorkerLostError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from captionacc.compute.backends.wire import Reply
    from captionacc.compute.contracts import Job, JobResult
    from captionacc.compute.progress import ProgressEvent

_MAIN: Final = "from captionacc.compute.backends.worker import main; main()"
_TICK_S: Final = 0.1
_CANCEL_GRACE_S: Final = 2.0
_EXIT_GRACE_S: Final = 5.0
_CRASHES: Final = {signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE}
_AGAIN: Final = "Run the same command again; finished stages are kept."


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How worker processes are run.

    Attributes:
        runner: ``module:function`` that runs a job.
        hang_timeout_s: Seconds without any report after which a worker counts as hung.
        memory_limit_mb: Resident memory over which a worker ends itself, in MiB.
        log_path: File to which workers append stdout and stderr; the owner's stderr if unset.
    """

    runner: str = "captionacc.compute.functions:run_job"
    hang_timeout_s: float = 120.0
    memory_limit_mb: int | None = None
    log_path: Path | None = None


class WorkerProcess:
    """One process, warm between jobs. Used by one thread."""

    def __init__(self, options: WorkerOptions) -> None:
        self._options = options
        self._connection, theirs = Pipe()
        try:
            self._process = _start(options, theirs)
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def run(
        self,
        job: Job,
        on_event: Callable[[ProgressEvent], None],
        is_cancelled: Callable[[], bool],
    ) -> JobResult:
        """Run ``job`` to its end.

        Raises:
            WorkerLostError: the process died or hung; it must not be used again.
            CancelledError: ``is_cancelled`` said so.
            CaptionAccError: what the job raised.
        """
        try:
            self._connection.send(Run(job))
            reply = self._follow(on_event, is_cancelled)
        except (EOFError, OSError):
            raise self._lost() from None
        if isinstance(reply, Failed):
            raise reply.error
        return reply.result

    def is_alive(self) -> bool:
        """Whether it can take another job."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it at once and wait until it is gone."""
        self._process.kill()
        self._process.wait()
        self._connection.close()

    def _follow(
        self, on_event: Callable[[ProgressEvent], None], is_cancelled: Callable[[], bool]
    ) -> Done | Failed:
        # Silence is counted in ticks, so that a machine that was suspended is not taken for a hang.
        silent_s = cancelled_s = 0.0
        while True:
            if is_cancelled():
                cancelled_s = self._press_cancel(cancelled_s)
            if not self._connection.poll(_TICK_S):
                silent_s += _TICK_S
                self._check_silence(silent_s)
                continue
            silent_s = 0.0
            reply: Reply = self._connection.recv()
            if not isinstance(reply, Reported):
                return reply
            on_event(reply.event)

    def _press_cancel(self, cancelled_s: float) -> float:
        """Ask once, then kill after the grace; returns the seconds since the first request."""
        if not cancelled_s:
            self._connection.send(Cancel())
        elif cancelled_s > _CANCEL_GRACE_S:
            self.kill()
            raise CancelledError("The work was cancelled.")
        return cancelled_s + _TICK_S

    def _check_silence(self, silent_s: float) -> None:
        if silent_s > self._options.hang_timeout_s:
            self.kill()
            raise WorkerLostError(
                f"The compute process hung: it gave no sign of life for {silent_s:.0f} s.",
                "The video may be damaged; convert it with another tool and try the result.",
            )

    def _lost(self) -> WorkerLostError:
        try:
            code = self._process.wait(_EXIT_GRACE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.returncode
        return _explain(code, self._options)


def _start(options: WorkerOptions, theirs: Connection) -> subprocess.Popen[bytes]:
    number = theirs.fileno()
    limit = str(options.memory_limit_mb or 0)
    command = [sys.executable, "-P", "-X", "faulthandler", "-c", _MAIN]
    command += [str(number), options.runner, limit]
    if options.log_path is None:
        return subprocess.Popen(  # noqa: S603  # our own interpreter and program
            command, stdin=subprocess.DEVNULL, stdout=2, pass_fds=[number]
        )
    with options.log_path.open("ab") as log:
        return subprocess.Popen(  # noqa: S603  # our own interpreter and program
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[number]
        )


def _explain(code: int, options: WorkerOptions) -> WorkerLostError:
    if code == MEMORY_EXIT_CODE:
        return WorkerLostError(
            f"The compute process went over its memory limit of {options.memory_limit_mb} MiB.",
            "Raise CAPTIONACC_WORKER_MEMORY_MB or unset it.",
        )
    if code >= 0:
        return WorkerLostError(f"The compute process ended with exit code {code}.", _AGAIN)
    number = signal.Signals(-code)
    if number in _CRASHES:
        return WorkerLostError(
            f"The compute process crashed ({number.name}).",
            "The video may be damaged; convert it with another tool and try the result.",
        )
    return WorkerLostError(
        f"The compute process was killed ({number.name}), perhaps because memory ran out.", _AGAIN
    )
