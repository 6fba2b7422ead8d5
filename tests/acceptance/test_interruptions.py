"""Interrupted and killed runs: nothing half-written, no process left, and work is resumed."""

import os
import signal
import time

import psutil
import pysubs2
import pytest

pytestmark = pytest.mark.slow


def workers_of(process):
    """The compute processes of a running command."""
    return [child.pid for child in psutil.Process(process.pid).children(recursive=True)]


def wait_until_gone(pids, timeout_s=20):
    """Wait until none of the processes runs."""
    deadline = time.monotonic() + timeout_s
    while any(_is_running(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still running: {pids}"
        time.sleep(0.02)


def _is_running(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def check_resumed(command, plain, path):
    """The same command goes on: frames are not read again, and the subtitles come out."""
    done = command.run("process", plain, "-o", path)
    assert done.code == 0, done.err
    assert "read frames" not in done.err
    assert len(pysubs2.load(str(path)).events) == 3
    assert command.leftovers() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_resumes(command, plain, tmp_path, number):
    """Ctrl-C (to the whole group) and SIGTERM end with 130; the same command goes on."""
    path = tmp_path / "out.srt"
    with command.start("process", plain, "-o", path) as process:
        command.read_until(process, "find boundaries")
        workers = workers_of(process)
        if number is signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "Run the same command again to resume" in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
    wait_until_gone(workers)
    check_resumed(command, plain, path)


def test_killed_run_resumes(command, plain, tmp_path):
    """After kill -9 no process is left, nothing half-written, and the same command goes on."""
    path = tmp_path / "out.srt"
    with command.start("process", plain, "-o", path) as process:
        command.read_until(process, "find boundaries")
        workers = workers_of(process)
        assert workers
        process.kill()
        process.wait()
    wait_until_gone(workers)
    assert list(tmp_path.iterdir()) == []
    check_resumed(command, plain, path)


def test_killed_worker_costs_only_time(command, plain, tmp_path):
    """When the compute process is killed, its stage is run again, and the person is told."""
    path = tmp_path / "out.srt"
    with command.start("process", plain, "-o", path) as process:
        command.read_until(process, "find boundaries")
        for pid in workers_of(process):
            os.kill(pid, signal.SIGKILL)
        _, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert "SIGKILL" in err
    assert len(pysubs2.load(str(path)).events) == 3
    assert command.leftovers() == []


def test_two_runs_at_once_do_not_disturb_each_other(command, plain, tmp_path):
    """Two processes on one video at once both end well with the same subtitles."""
    paths = [tmp_path / "one.srt", tmp_path / "two.srt"]
    running = [command.start("process", plain, "-o", path, "-q") for path in paths]
    for process in running:
        process.communicate(timeout=240)
        assert process.returncode == 0
    assert paths[0].read_text() == paths[1].read_text()
    assert command.leftovers() == []
