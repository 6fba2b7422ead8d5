"""What every place that runs compute calls keeps to: this machine's processes, and Modal's."""

import os
import time
from decimal import Decimal
from pathlib import Path

import pytest

from captionacc.compute.backends.base import CallState
from captionacc.compute.backends.local import LocalBackend
from captionacc.compute.contracts import ExtractJob
from captionacc.compute.progress import Phase
from captionacc.errors import (
    CancelledError,
    DiskFullError,
    InternalError,
    NotAVideoError,
    UsageError,
    WorkerLostError,
)
from captionacc.storage.location import StoreLocation

APP = "contract"


class Recorder:
    """Keeps what is reported."""

    def __init__(self):
        self.events = []

    def report(self, phase, fraction, speed=None):
        """Keep the report."""
        self.events.append((phase, fraction, speed))


@pytest.fixture(params=["local", "modal"])
def backend(request, options):
    """One that runs the misbehaving runner."""
    if request.param == "local":
        with LocalBackend(options=options) as pool:
            yield pool
        return
    from captionacc.compute.backends.modal import ModalBackend  # noqa: PLC0415  # optional

    cloud = request.getfixturevalue("modal_env")
    cloud.deploy(APP)
    cloud.runner = options.runner
    cloud.container_env = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    yield ModalBackend(APP, poll_s=0.05)


@pytest.fixture
def job(tmp_path):
    """Makes a job that has the runner behave so, under a key of its own."""

    def make(behaviour, key="job"):
        store = StoreLocation(path=tmp_path)
        name = f"{tmp_path.name}-{key}"
        return ExtractJob(job_key=name, store=store, tenant_id="t", video_id=behaviour)

    return make


def wait_until(condition, timeout_s=30):
    """Poll until the condition holds, or fail."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "gave up waiting"
        time.sleep(0.01)


def test_result_comes_back(backend, job):
    """A call's result arrives whole, stays to be fetched again, and the call is accounted for."""
    seen = Recorder()
    wanted = job("succeed")
    call = backend.submit(wanted)
    result = backend.result(call, seen, timeout_s=30)
    assert result.keys == (wanted.job_key,)
    assert backend.state(call) is CallState.SUCCEEDED
    assert backend.result(call) == result
    cost = backend.cost(call)
    assert cost.resource in {"local", "T4"}
    assert cost.seconds > 0
    assert (cost.cost_usd > Decimal(0)) == (cost.resource == "T4")


def test_progress_comes_back(backend, job):
    """A call's reports reach whoever asks for them and whoever waits."""
    seen = Recorder()
    call = backend.submit(job("work_until_cancelled"))
    wait_until(lambda: backend.progress(call) is not None)
    assert backend.state(call) is CallState.RUNNING
    with pytest.raises(TimeoutError):
        backend.result(call, seen, timeout_s=0.5)
    assert seen.events[-1][0] is Phase.PROBE
    backend.cancel(call)


def test_typed_error_crosses_intact(backend, job):
    """Class, message and hint of an error survive the way, and the call counts as failed."""
    call = backend.submit(job("raise_bad_input"))
    with pytest.raises(NotAVideoError) as caught:
        backend.result(call, timeout_s=30)
    assert caught.value.message == "These bytes are no video."
    assert caught.value.hint == "Give a video."
    assert backend.state(call) is CallState.FAILED


def test_unexpected_error_is_a_bug_of_ours(backend, job):
    """An exception that is not ours becomes an internal error that names it."""
    with pytest.raises(InternalError, match="ZeroDivisionError"):
        backend.result(backend.submit(job("raise_bug")), timeout_s=30)


def test_full_disk_is_named(backend, job):
    """An operating system error about space becomes the error that says so."""
    with pytest.raises(DiskFullError):
        backend.result(backend.submit(job("fill_disk")), timeout_s=30)


def test_crash_fails_the_call(backend, job):
    """A computation that crashes its process is given up, and the next one works."""
    with pytest.raises(WorkerLostError):
        backend.result(backend.submit(job("crash")), timeout_s=60)
    assert backend.result(backend.submit(job("succeed", "next")), timeout_s=30)


def test_failed_call_is_not_gone_on_with(backend, job):
    """The next attempt of a job whose call has failed is a call of its own."""
    call = backend.submit(job("raise_bad_input"))
    with pytest.raises(NotAVideoError):
        backend.result(call, timeout_s=30)
    assert backend.submit(job("raise_bad_input"), earlier=call) != call


def test_cancel_ends_a_running_call(backend, job):
    """Whoever waits for a call that is cancelled hears of it."""
    call = backend.submit(job("work_until_cancelled"))
    wait_until(lambda: backend.progress(call) is not None)
    backend.cancel(call)
    with pytest.raises(CancelledError):
        backend.result(call, timeout_s=30)
    assert backend.state(call) is CallState.CANCELLED


def test_same_key_is_one_call(backend, job):
    """A job that is under way is not started again under the same key."""
    first = backend.submit(job("work_until_cancelled"))
    assert backend.submit(job("work_until_cancelled")) == first
    backend.cancel(first)


def test_waiting_can_be_limited(backend, job):
    """A wait that runs out of time leaves the call running."""
    call = backend.submit(job("work_until_cancelled"))
    with pytest.raises(TimeoutError):
        backend.result(call, timeout_s=0.1)
    assert backend.state(call) in {CallState.QUEUED, CallState.RUNNING}
    backend.cancel(call)


def test_unknown_call_is_refused(backend):
    """A call id that was never given out is an error that says what to do."""
    with pytest.raises(UsageError, match="Submit the job again"):
        backend.state("fc-nonsense")


def test_unknown_earlier_call_is_no_hindrance(backend, job):
    """A call that nobody remembers is as if it had never been."""
    call = backend.submit(job("succeed"), earlier="fc-forgotten")
    assert backend.result(call, timeout_s=30)
