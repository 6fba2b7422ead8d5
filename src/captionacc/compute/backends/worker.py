"""The program of a worker process: runs the jobs its owner sends, one after the other.

Started as ``python -P -X faulthandler -c "...main()" FD MODULE:FUNCTION MEMORY_LIMIT_MB``. It
writes to no terminal: stdout and stderr are the owner's log. It ends when its owner does.
"""

from __future__ import annotations

import ctypes
import logging
import os
import queue
import resource
import signal
import sys
import threading
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast

from captionacc.compute.backends.wire import (
    MEMORY_EXIT_CODE,
    Cancel,
    Done,
    Failed,
    Reported,
    Run,
)
from captionacc.compute.failures import as_captionacc_error
from captionacc.compute.progress import ThrottledProgress
from captionacc.errors import CancelledError, InternalError
from captionacc.logs import about, configure_logging
from captionacc.settings import get_settings

if TYPE_CHECKING:
    from captionacc.compute.backends.wire import Reply
    from captionacc.compute.contracts import Job, JobResult
    from captionacc.compute.progress import Phase, Progress

_PR_SET_PDEATHSIG: Final = 1
_MEMORY_CHECK_S: Final = 0.1

_log = logging.getLogger(__name__)


class Runner(Protocol):
    """The function that a worker runs for each job."""

    def __call__(self, job: Job, progress: Progress) -> JobResult:
        """Run the job."""
        ...


class Worker:
    """Receives in one thread, runs jobs in the main one."""

    def __init__(self, connection: Connection, runner: Runner) -> None:
        self._connection = connection
        self._runner = runner
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self._sending = threading.Lock()

    def serve(self) -> None:
        """Run jobs until the owner goes away; does not return."""
        threading.Thread(target=self._receive, name="receive", daemon=True).start()
        while True:
            self._send(self._answer(self._jobs.get()))

    def report(self, phase: Phase, fraction: float, speed: float | None = None) -> None:
        """Progress of the running job.

        Raises:
            CancelledError: the owner asked the job to end.
        """
        if self._cancelled.is_set():
            raise CancelledError("The work was cancelled.")
        self._throttled.report(phase, fraction, speed)

    def _answer(self, job: Job) -> Reply:
        self._throttled = ThrottledProgress(lambda event: self._send(Reported(event)))
        with about(tenant_id=job.tenant_id, video_id=job.video_id):
            try:
                return Done(self._runner(job, self))
            except Exception as error:  # noqa: BLE001  # the edge of the process
                known = as_captionacc_error(error)
                if isinstance(known, InternalError):
                    _log.exception("%s: a bug of ours", job.job_key)
                else:
                    _log.info("%s: %s", job.job_key, known)
                return Failed(known)

    def _send(self, reply: Reply) -> None:
        with self._sending:
            self._connection.send(reply)

    def _receive(self) -> None:
        try:
            while True:
                self._accept(self._connection.recv())
        except (EOFError, OSError):
            os._exit(0)  # the owner is gone: nobody waits for what is under way

    def _accept(self, message: Run | Cancel) -> None:
        if isinstance(message, Run):
            self._cancelled.clear()
            self._jobs.put(message.job)
        else:
            self._cancelled.set()


def main() -> None:
    """Serve the owner whose socket is file descriptor ``argv[1]``."""
    descriptor, runner, limit_mb = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    _die_with_owner()
    configure_logging(get_settings().log_format)
    # Ctrl-C reaches the whole process group; the owner decides what it means for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if limit_mb:
        threading.Thread(target=_watch_memory, args=(limit_mb << 20,), daemon=True).start()
    module, _, function = runner.partition(":")
    Worker(Connection(descriptor), cast("Runner", getattr(import_module(module), function))).serve()


def _die_with_owner() -> None:
    """Have Linux end us with our owner at once; elsewhere the closed socket does, soon after."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _watch_memory(limit_bytes: int) -> None:
    while _resident_bytes() <= limit_bytes:
        threading.Event().wait(_MEMORY_CHECK_S)
    os._exit(MEMORY_EXIT_CODE)


def _resident_bytes() -> int:
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_bytes().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
