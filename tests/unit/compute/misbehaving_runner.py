"""A compute function that does on purpose what goes wrong in practice; loaded by real workers.

The job's ``video_id`` names what to do.
"""

import ctypes
import errno
import os
import signal
import sys
import time
from pathlib import Path

from captionacc.compute.contracts import ExtractResult
from captionacc.compute.progress import Phase
from captionacc.errors import NotAVideoError
from captionacc.model.results import VideoProbe

PROBE = VideoProbe(640, 360, 10.0, 25.0, "h264", 1000, 0, has_vfr=False)


def run_job(job, progress):
    """Report once, then behave as ``job.video_id`` says."""
    progress.report(Phase.PROBE, 0.5, 3.0)
    return globals()[job.video_id](job, progress)


def succeed(job, progress):
    """Report the end and tell which process did it."""
    progress.report(Phase.PROBE, 1.0)
    return ExtractResult(
        keys=(job.job_key,), seconds={}, warnings=(str(os.getpid()),), frame_count=1,
        ocr_box_count=0, failed_ocr_count=0, probe=PROBE, crop_region=None,
    )  # fmt: skip


def succeed_later(job, progress):
    """Take long enough to be interrupted."""
    time.sleep(1)
    return succeed(job, progress)


def raise_bad_input(_job, _progress):
    """Raise one of our own errors."""
    raise NotAVideoError("These bytes are no video.", "Give a video.")


def raise_bug(_job, _progress):
    """Raise what nobody expects."""
    raise ZeroDivisionError("nobody expects this")


def fill_disk(_job, _progress):
    """Raise what a full disk raises."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def crash(_job, _progress):
    """Read address 0, as a broken decoder would."""
    ctypes.string_at(0)


def be_killed(_job, _progress):
    """Die as if the system ran out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def exit_quietly(_job, _progress):
    """Leave without an answer."""
    os._exit(3)


def hang(_job, _progress):
    """Wait for ever without a word."""
    while True:
        time.sleep(60)


def work_until_cancelled(_job, progress):
    """Report for ever."""
    while True:
        progress.report(Phase.PROBE, 0.6)
        time.sleep(0.005)


def eat_memory(_job, _progress):
    """Allocate without end."""
    eaten = []
    while True:
        eaten.append(b"x" * (8 << 20))
        time.sleep(0.005)


def print_noise(job, progress):
    """Write to both terminals' streams."""
    sys.stdout.write("noise on stdout\n")
    sys.stderr.write("noise on stderr\n")
    sys.stdout.flush()
    return succeed(job, progress)


def leave_pid(job, progress):
    """Write the process id beside the store, then work for ever."""
    Path(job.store.root.path / "pid").write_text(str(os.getpid()))
    work_until_cancelled(job, progress)
