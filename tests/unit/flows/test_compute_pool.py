"""The compute processes that flows share."""

import asyncio

import pytest

from captionacc.compute.backends.base import CallState
from captionacc.compute.backends.local import LocalBackend
from captionacc.compute.backends.process import WorkerOptions
from captionacc.compute.contracts import Job
from captionacc.compute.progress import NULL_PROGRESS
from captionacc.errors import CancelledError, NotAVideoError
from captionacc.flows.compute_pool import ComputePool
from captionacc.storage.location import StoreLocation

RUNNER = """
import time

from captionacc.compute.contracts import JobResult
from captionacc.compute.progress import Phase
from captionacc.errors import NotAVideoError


def run_job(job, progress):
    if job.video_id == "bad":
        raise NotAVideoError("These bytes are no video.")
    while job.video_id == "long":
        progress.report(Phase.PROBE, 0.5)
        time.sleep(0.01)
    return JobResult(keys=(job.job_key,), seconds={})
"""


@pytest.fixture
def make_backend(monkeypatch, tmp_path):
    """Makes a backend whose processes run a small runner."""
    (tmp_path / "small_runner.py").write_text(RUNNER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return lambda: LocalBackend(1, WorkerOptions(runner="small_runner:run_job"))


async def compute(pool, tmp_path, name):
    """One call from its beginning to its end."""
    job = Job(job_key=name, store=StoreLocation(path=tmp_path), tenant_id="t", video_id=name)
    async with pool.call(job) as call:
        return await call.result(NULL_PROGRESS)


def test_processes_are_there_while_they_are_needed(make_backend, tmp_path):
    """The first call starts them, calls at once share them, and they end when idle."""

    async def scenario():
        pool = ComputePool(make_backend, idle_s=0.05)
        assert not pool.is_warm
        results = await asyncio.gather(*(compute(pool, tmp_path, f"v{n}") for n in range(3)))
        assert [result.keys for result in results] == [("v0",), ("v1",), ("v2",)]
        async with asyncio.timeout(20):
            while pool.is_warm:  # noqa: ASYNC110  # the pool tells nobody
                await asyncio.sleep(0.01)
        assert (await compute(pool, tmp_path, "again")).keys == ("again",)
        await pool.close()
        assert not pool.is_warm

    asyncio.run(scenario())


def test_what_a_call_raises_is_raised(make_backend, tmp_path):
    """A failure reaches the flow that asked, and the pool serves the next."""

    async def scenario():
        pool = ComputePool(make_backend)
        with pytest.raises(NotAVideoError):
            await compute(pool, tmp_path, "bad")
        assert (await compute(pool, tmp_path, "good")).keys == ("good",)
        await pool.close()

    asyncio.run(scenario())


def test_a_call_ends_with_the_last_who_waits(make_backend, tmp_path):
    """One of two who share a call may leave; when the other leaves too, the call is ended."""

    async def scenario():
        pool = ComputePool(make_backend)
        job = Job(
            job_key="long", store=StoreLocation(path=tmp_path), tenant_id="t", video_id="long"
        )
        async with pool.call(job) as one:
            async with pool.call(job) as another:
                assert another.id == one.id
            assert one.backend.state(one.id) in {CallState.QUEUED, CallState.RUNNING}
        with pytest.raises(CancelledError):
            await one.result(NULL_PROGRESS)
        await pool.close()

    asyncio.run(scenario())
