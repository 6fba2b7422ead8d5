"""The local process pool under workers that misbehave on purpose."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from captionacc.compute.backends.base import CallState
from captionacc.compute.backends.local import LocalBackend
from captionacc.compute.backends.process import WorkerOptions
from captionacc.compute.contracts import Job
from captionacc.errors import (
    CancelledError,
    InternalError,
    WorkerLostError,
)
from captionacc.storage.location import StoreLocation

RUNNER = "misbehaving_runner:run_job"


@pytest.fixture
def backend(options):
    """A pool of one such worker."""
    with LocalBackend(options=options) as pool:
        yield pool


def job(behaviour, tmp_path, key="job"):
    """A job that makes the runner behave so."""
    store = StoreLocation(path=tmp_path)
    return Job(job_key=key, store=store, tenant_id="t", video_id=behaviour)


def wait_until(condition, timeout_s=20):
    """Poll until the condition holds, or fail."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "gave up waiting"
        time.sleep(0.01)


def is_gone(pid):
    """Whether the process has ended, reaped or not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_worker_stays_warm(backend, tmp_path):
    """The next call runs in the same process."""
    first = backend.result(backend.submit(job("succeed", tmp_path, key="a")))
    second = backend.result(backend.submit(job("succeed", tmp_path, key="b")))
    assert first.warnings == second.warnings
    assert [int(first.warnings[0])] == backend.worker_pids


def test_bug_leaves_its_traceback_in_the_log(backend, tmp_path, options):
    """An unexpected exception becomes an internal error, and the log says where it came from."""
    with pytest.raises(InternalError, match="ZeroDivisionError"):
        backend.result(backend.submit(job("raise_bug", tmp_path)))
    assert "in raise_bug" in options.log_path.read_text()


@pytest.mark.parametrize(
    ("behaviour", "cause"),
    [("crash", "SIGSEGV"), ("be_killed", "SIGKILL"), ("exit_quietly", "exit code 3")],
)
def test_dead_worker_fails_its_call_and_is_replaced(backend, tmp_path, behaviour, cause):
    """A worker's death names its cause, and the next call works."""
    with pytest.raises(WorkerLostError, match=cause):
        backend.result(backend.submit(job(behaviour, tmp_path)))
    assert backend.result(backend.submit(job("succeed", tmp_path))).keys == ("job",)


def test_hung_worker_is_killed_and_replaced(options, tmp_path):
    """A worker without a sign of life is ended, and the next call works."""
    quick = WorkerOptions(runner=RUNNER, hang_timeout_s=3, log_path=options.log_path)
    with LocalBackend(options=quick) as backend:
        with pytest.raises(WorkerLostError, match="hung"):
            backend.result(backend.submit(job("hang", tmp_path)))
        assert backend.result(backend.submit(job("succeed", tmp_path)))


def test_memory_limit_ends_the_worker(options, tmp_path):
    """A worker that grows beyond its limit is ended, and the error names the limit."""
    small = WorkerOptions(runner=RUNNER, memory_limit_mb=200, log_path=options.log_path)
    with LocalBackend(options=small) as backend, pytest.raises(WorkerLostError, match="200 MiB"):
        backend.result(backend.submit(job("eat_memory", tmp_path)))


@pytest.mark.parametrize("behaviour", ["work_until_cancelled", "hang"])
def test_cancel_ends_a_running_call(backend, tmp_path, behaviour):
    """A cancelled call ends whether or not it listens, and the pool goes on."""
    call = backend.submit(job(behaviour, tmp_path))
    wait_until(lambda: backend.progress(call) is not None)
    backend.cancel(call)
    with pytest.raises(CancelledError):
        backend.result(call, timeout_s=20)
    assert backend.state(call) is CallState.CANCELLED
    assert backend.result(backend.submit(job("succeed", tmp_path)))


def test_cancel_of_a_queued_call_never_starts_it(backend, tmp_path):
    """A call that is cancelled while it waits in the queue does not run."""
    running = backend.submit(job("work_until_cancelled", tmp_path, key="a"))
    queued = backend.submit(job("succeed", tmp_path, key="b"))
    backend.cancel(queued)
    backend.cancel(running)
    with pytest.raises(CancelledError):
        backend.result(queued, timeout_s=20)
    assert backend.progress(queued) is None


def test_workers_write_only_to_the_log(backend, tmp_path, options, capfd):
    """Nothing that a worker prints reaches the person's terminal."""
    backend.result(backend.submit(job("print_noise", tmp_path)))
    backend.close()
    assert capfd.readouterr() == ("", "")
    log = options.log_path.read_text()
    assert "noise on stdout" in log
    assert "noise on stderr" in log


def test_close_ends_the_workers(options, tmp_path):
    """After close no worker is left, even if one was busy."""
    backend = LocalBackend(workers=2, options=options)
    call = backend.submit(job("hang", tmp_path))
    wait_until(lambda: len(backend.worker_pids) == 2 and backend.progress(call) is not None)
    pids = backend.worker_pids
    backend.close()
    assert all(is_gone(pid) for pid in pids)


@pytest.mark.usefixtures("options")
def test_workers_die_with_their_owner(tmp_path):
    """When the owner is killed outright, its worker is gone soon after."""
    program = textwrap.dedent(f"""
        from pathlib import Path
        from captionacc.compute.backends.local import LocalBackend
        from captionacc.compute.backends.process import WorkerOptions
        from captionacc.compute.contracts import Job
        from captionacc.storage.location import StoreLocation
        backend = LocalBackend(options=WorkerOptions(runner={RUNNER!r}))
        store = StoreLocation(path=Path({str(tmp_path)!r}))
        backend.result(backend.submit(
            Job(job_key="k", store=store, tenant_id="t", video_id="leave_pid")))
    """)
    pid_file = tmp_path / "pid"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command) as owner:  # our own interpreter and program
        wait_until(lambda: pid_file.exists() and pid_file.read_text())
        os.kill(owner.pid, signal.SIGKILL)
    wait_until(lambda: is_gone(int(pid_file.read_text())))
