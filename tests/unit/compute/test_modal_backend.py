"""What can go wrong between a worker and Modal; the SDK is the real one, the servers are ours."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from grpclib import Status

from captionacc.compute.backends import remote_wire
from captionacc.compute.backends.base import CallState
from captionacc.compute.backends.gpu_functions import CROP_AND_INFER, GPU_FUNCTIONS
from captionacc.compute.backends.modal import ModalBackend
from captionacc.compute.backends.modal_app_look import look_up
from captionacc.compute.contracts import ExtractJob
from captionacc.errors import (
    CancelledError,
    MissingDependencyError,
    ServiceUnavailableError,
    UnsupportedVideoError,
    WorkerLostError,
)
from captionacc.storage.location import StoreLocation

APP = "captionacc-test"


@pytest.fixture
def cloud(modal_env, options):
    """Modal with our app deployed; the runner misbehaves."""
    modal_env.deploy(APP)
    modal_env.runner = options.runner
    modal_env.container_env = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    return modal_env


@pytest.fixture
def backend(cloud):  # noqa: ARG001  # it must be there
    """A worker's."""
    return ModalBackend(APP, poll_s=0.05, patience_s=0.2)


@pytest.fixture
def job(tmp_path):
    """A job that takes until it is ended."""
    store = StoreLocation(path=tmp_path)
    return ExtractJob(
        job_key=tmp_path.name, store=store, tenant_id="t", video_id="work_until_cancelled"
    )


def outcome(backend, job, cloud, *fates):
    """What comes of the job's call that meets these fates, and the call."""
    cloud.fates[job.video_id] = fates
    call = backend.submit(job)
    return backend.result(call, timeout_s=60), call


@pytest.mark.parametrize(
    ("fate", "ending"),
    [
        ("timeout", (UnsupportedVideoError, "1800 s")),
        ("lose", (WorkerLostError, "runner was lost")),
        ("oom", (WorkerLostError, "out of memory")),
        ("cancel", (WorkerLostError, "cancelled")),
    ],
)
def test_ending_that_modal_gives_is_named(cloud, backend, job, fate, ending):
    """Each way in which Modal ends a call is the error of ours that says what to do about it."""
    error, told = ending
    with pytest.raises(error, match=told) as caught:
        outcome(backend, job, cloud, fate)
    assert caught.value.hint


def test_preempted_call_goes_on(cloud, backend, job):
    """A call whose machine is taken away is begun anew by Modal, and paid for as a whole."""
    quick = job.model_copy(update={"video_id": "succeed_later"})
    result, call = outcome(backend, quick, cloud, "preempt")
    assert result.keys == (job.job_key,)
    assert [made.starts for made in cloud.calls_of(quick.video_id)][-1] == 2
    assert backend.cost(call).seconds > 0.2


def test_lost_calls_seconds_are_paid_for(cloud, backend, job):
    """What a container has spent is known though it never came to answer."""
    with pytest.raises(WorkerLostError):
        outcome(backend, job, cloud, "lose")
    call = cloud.calls[-1].id
    cost = backend.cost(call)
    assert cost.resource == "T4"
    assert cost.cost_usd == GPU_FUNCTIONS[0].usd_per_s * Decimal(cost.seconds)
    assert cost.seconds > 0


def test_expired_result_is_computed_again(cloud, backend, job):
    """A result that Modal keeps no more counts as lost, and the job's next call is another."""
    quick = job.model_copy(update={"video_id": "succeed"})
    with pytest.raises(WorkerLostError, match="no longer kept"):
        outcome(backend, quick, cloud, "expire")
    expired = cloud.calls[-1].id
    again = backend.submit(quick, earlier=expired)
    assert again != expired
    assert backend.result(again, timeout_s=30)


def test_another_worker_finds_the_call(cloud, backend, job):
    """A worker that knows nothing but the job goes on with the call, and may leave it again."""
    call = backend.submit(job)
    another = ModalBackend(APP)
    assert another.submit(job) == call
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(another.result, call)
        deadline = time.monotonic() + 30
        while not waiting.done():
            assert time.monotonic() < deadline, "it still waits"
            another.leave(call)
            time.sleep(0.02)
        with pytest.raises(CancelledError):
            waiting.result()
    assert another.state(call) in {CallState.QUEUED, CallState.RUNNING}
    assert len([made for made in cloud.calls if made.id == call]) == 1
    backend.cancel(call)


def test_missing_app_says_how_to_deploy_it(cloud, job):
    """An app that was never deployed is an error with the command that does it."""
    with pytest.raises(MissingDependencyError) as caught:
        ModalBackend("captionacc-nowhere").submit(job)
    assert "modal deploy deploy/modal_app.py" in caught.value.hint
    assert not [made for made in cloud.calls if made.app == "captionacc-nowhere"]


def test_refused_token_says_how_to_get_one(cloud, backend, job, monkeypatch):
    """A token that Modal does not know is an error with the command that makes one."""
    monkeypatch.setattr(cloud, "token", ("ak-other", "as-other"))
    with pytest.raises(MissingDependencyError, match="token") as caught:
        backend.submit(job)
    assert "modal token new" in caught.value.hint


def test_too_old_client_is_told_so(cloud, backend, job, monkeypatch):
    """A client that Modal no longer serves is an error that names the lock file."""
    monkeypatch.setattr(cloud, "trouble", Status.FAILED_PRECONDITION)
    with pytest.raises(MissingDependencyError) as caught:
        backend.submit(job)
    assert "requirements/modal.txt" in caught.value.hint


def test_app_of_another_version_is_told_so(backend, job, monkeypatch):
    """A job that the deployed app may read otherwise than it was meant is not run."""
    monkeypatch.setattr(remote_wire.captionacc, "__version__", "99.0")
    call = backend.submit(job)
    monkeypatch.undo()
    with pytest.raises(MissingDependencyError, match=r"99\.0") as caught:
        backend.result(call, timeout_s=30)
    assert "modal deploy" in caught.value.hint


def test_modals_absence_passes(cloud, backend, job, monkeypatch):
    """A call that is under way is found again after Modal could not be reached."""
    call = backend.submit(job)
    with monkeypatch.context() as absent:
        absent.setattr(cloud, "trouble", Status.RESOURCE_EXHAUSTED)
        with pytest.raises(ServiceUnavailableError):
            backend.result(call, timeout_s=30)
    assert backend.state(call) in {CallState.QUEUED, CallState.RUNNING}
    backend.cancel(call)


def test_workers_without_modal_never_load_it():
    """What is optional costs nothing where it is not used."""
    code = "import sys, captionacc.flows.services; sys.exit('modal' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("reported", "found"), [("A10", "A10G"), ("A10G", "A10G"), ("T4", "T4")])
def test_gpu_of_two_names_is_one(cloud, reported, found):
    """Whichever of its two names Modal reports, it is the GPU that was asked for."""
    function = replace(CROP_AND_INFER, gpu=reported)
    cloud.deploy(APP, (function,))
    assert look_up(APP, function) == (found, function.timeout_s)
