"""How work comes into the ledger."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from captionacc.errors import ConflictError, NotFoundError
from captionacc.model.runs import FlowName, RunError, RunState

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("idle")]


async def test_the_same_key_returns_the_same_run_for_ever(catalog, tenant, enqueue):
    """A repeated trigger changes nothing, also after the run has ended."""
    first = await enqueue(tenant, key="k1", subject="a", parameters={"n": [1]}, priority=3)
    assert (first.parameters, first.priority, first.state) == ({"n": [1]}, 3, RunState.QUEUED)
    assert await enqueue(tenant, video_id=first.video_id, key="k1", subject="a") == first

    run = await catalog.runs.claim(FlowName.MEDIAN_OCR, 1, "w")
    await catalog.runs.succeed(run)
    again = await enqueue(tenant, video_id=first.video_id, key="k1", subject="a")
    assert (again.id, again.state) == (first.id, RunState.SUCCEEDED)


async def test_active_work_is_not_queued_twice(catalog, tenant, enqueue):
    """Another key for work that waits or runs returns that run; once it has ended, a new one."""
    first = await enqueue(tenant, subject="a")
    assert (await enqueue(tenant, video_id=first.video_id, subject="a")).id == first.id
    assert (await enqueue(tenant, video_id=first.video_id, subject="b")).id != first.id

    await catalog.runs.request_cancel(first.id)
    assert (await enqueue(tenant, video_id=first.video_id, subject="a")).id != first.id


async def test_duplicates_at_the_same_time_are_one_run(tenant, add_video, enqueue, sql):
    """Eight connections ask with one key, eight with keys of their own: one run each time."""
    for number in range(10):
        video = await add_video(tenant)
        for keys in ([f"one{number}"] * 8, [str(uuid.uuid4()) for _ in range(8)]):
            runs = await asyncio.gather(
                *(enqueue(tenant, video_id=video, key=key, subject=keys[0]) for key in keys)
            )
            assert len({run.id for run in runs}) == 1
    (row,) = sql("select count(*) from captionacc.processing_runs where tenant_id = %s", tenant)
    assert row["count"] == 20


async def test_only_an_existing_video_of_the_tenant_gets_work(catalog, tenant, add_video, enqueue):
    """Another tenant's, a deleted and an invented video are all not found."""
    other = (await catalog.tenants.create("other")).id
    theirs, deleted = await add_video(other), await add_video(tenant)
    await catalog.videos.delete(deleted, tenant)

    for video_id in (theirs, deleted, str(uuid.uuid4()), "no-id"):
        with pytest.raises(NotFoundError):
            await enqueue(tenant, video_id=video_id)
        with pytest.raises(NotFoundError):
            await _adopt(catalog, tenant, video_id, str(uuid.uuid4()))


async def test_a_known_key_tells_nothing_to_another_tenant(catalog, tenant, enqueue):
    """A run is only returned to its own tenant."""
    run = await enqueue(tenant, key="private")
    other = (await catalog.tenants.create("other")).id

    with pytest.raises(NotFoundError):
        await enqueue(other, key="private", subject=run.subject)


async def test_a_video_that_nobody_started_is_swept_up_once(catalog, tenant, add_video, enqueue):
    """Only videos that wait, are old enough and never had a run; also with several sweepers."""
    missed, started, deleted = [await add_video(tenant) for _ in range(3)]
    await enqueue(tenant, video_id=started)
    await catalog.videos.delete(deleted, tenant)

    assert missed not in {run.video_id for run in await catalog.runs.sweep_videos(60)}
    sweeps = await asyncio.gather(*(catalog.runs.sweep_videos(0) for _ in range(8)))
    swept = [run for runs in sweeps for run in runs if run.tenant_id == tenant]
    assert [run.video_id for run in swept] == [missed]
    assert swept[0].idempotency_key == f"initial:{missed}"
    assert swept[0].flow == FlowName.VIDEO_INITIAL_PROCESSING


async def _adopt(catalog, tenant, video_id, flow_run_id, subject="s"):
    return await catalog.runs.adopt(
        FlowName.MEDIAN_OCR,
        tenant_id=tenant,
        video_id=video_id,
        subject=subject,
        parameters={"version": 1},
        prefect_flow_run_id=flow_run_id,
        claimed_by="a person",
    )


async def test_a_persons_flow_run_takes_the_queued_run(catalog, tenant, enqueue):
    """It is claimed as the dispatcher would, and nobody else can begin the same work."""
    queued = await enqueue(tenant, subject="s")
    flow_run_id = str(uuid.uuid4())
    run = await _adopt(catalog, tenant, queued.video_id, flow_run_id)

    assert (run.id, run.state, run.generation, run.attempt) == (queued.id, RunState.RUNNING, 1, 1)
    assert await catalog.runs.find_by_prefect(flow_run_id) == run
    with pytest.raises(ConflictError):
        await _adopt(catalog, tenant, queued.video_id, str(uuid.uuid4()))


async def test_a_persons_flow_run_makes_its_own_run(catalog, tenant, add_video):
    """Nothing runs unseen; started over in Prefect, it fences its former self off."""
    video_id, flow_run_id = await add_video(tenant), str(uuid.uuid4())
    first = await _adopt(catalog, tenant, video_id, flow_run_id)
    assert (first.state, first.parameters) == (RunState.RUNNING, {"version": 1})

    second = await _adopt(catalog, tenant, video_id, flow_run_id)
    assert (second.id, second.generation) == (first.id, first.generation + 1)
    await catalog.runs.fail(second, RunError("c", "m", "h", second.id), None)
    assert (await _adopt(catalog, tenant, video_id, flow_run_id)).id != first.id


async def test_of_adopters_at_the_same_time_one_wins(catalog, tenant, add_video):
    """All others hear of the conflict."""
    video_id = await add_video(tenant)
    outcomes = await asyncio.gather(
        *(_adopt(catalog, tenant, video_id, str(uuid.uuid4())) for _ in range(8)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, ConflictError) for outcome in outcomes) == 7
