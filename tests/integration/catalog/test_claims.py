"""Which run is next, and how many at once."""

from __future__ import annotations

import asyncio

import pytest

from captionacc.catalog.queries import load
from captionacc.model.runs import FlowName, RunState

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("idle")]
_FLOW = FlowName.MEDIAN_OCR


@pytest.fixture
def queue(enqueue, sql):
    """Queues a run that has waited for some seconds."""

    async def add(tenant_id, waited_s=1, **fields):
        run = await enqueue(tenant_id, **fields)
        sql(
            "update captionacc.processing_runs"
            " set created_at = now() - make_interval(secs => %s) where id = %s",
            waited_s,
            run.id,
        )
        return run.id

    return add


@pytest.fixture
def claim_all(catalog):
    """Claims until nothing is left; returns the ids in their order."""

    async def claim(limit=100):
        claimed = []
        while (run := await catalog.runs.claim(_FLOW, limit, "w")) is not None:
            claimed.append(run.id)
        return claimed

    return claim


async def test_a_claim_marks_the_run(catalog, tenant, queue):
    """It is running, has an owner, one more attempt and a new generation."""
    run_id = await queue(tenant)
    run = await catalog.runs.claim(_FLOW, 1, "host:1")

    assert (run.id, run.state, run.claimed_by) == (run_id, RunState.RUNNING, "host:1")
    assert (run.attempt, run.generation, run.progress) == (1, 1, 0)
    assert run.heartbeat_at == run.claimed_at is not None
    assert await catalog.runs.claim(_FLOW, 9, "host:1") is None


async def test_flows_have_queues_of_their_own(catalog, tenant, queue):
    """A claim for one flow neither takes nor counts the runs of another."""
    await queue(tenant)
    assert await catalog.runs.claim(FlowName.CROP_AND_INFER, 9, "w") is None
    assert await catalog.runs.claim(_FLOW, 1, "w") is not None
    crop = await queue(tenant, flow=FlowName.CROP_AND_INFER)
    assert (await catalog.runs.claim(FlowName.CROP_AND_INFER, 1, "w")).id == crop


async def test_waiting_half_a_minute_is_worth_one_of_priority(
    catalog, tenant, queue, claim_all, sql
):
    """Run's priority, tenant's priority and age add up, so nobody starves."""
    favoured = (await catalog.tenants.create("favoured")).id
    sql("update captionacc.tenants set priority = 5 where id = %s", favoured)
    in_order = [
        await queue(favoured, priority=4, waited_s=10),  # 9
        await queue(tenant, waited_s=8 * 30 + 10),  # 8
        await queue(tenant, priority=6, waited_s=40),  # 7
        await queue(favoured, priority=1, waited_s=5),  # 6
        await queue(tenant, priority=5, waited_s=15),  # 5
        await queue(tenant, priority=-3, waited_s=40),  # -2
    ]

    assert await claim_all() == in_order


async def test_tenants_take_turns(catalog, tenant, queue, claim_all):
    """At equal rank the tenant of which the least runs is next, however many another queued."""
    other = (await catalog.tenants.create("other")).id
    many = [await queue(tenant, waited_s=20 - number) for number in range(4)]
    few = [await queue(other, waited_s=5 - number) for number in range(2)]

    assert await claim_all() == [many[0], few[0], many[1], few[1], many[2], many[3]]


async def test_what_may_not_start_does_not_hold_up_the_rest(  # noqa: PLR0917  # fixtures
    catalog, tenant, add_video, queue, claim_all, sql
):
    """A delayed run, a deleted video's, a paused tenant's and a cancelled one are passed over."""
    paused = (await catalog.tenants.create("paused")).id
    sql("update captionacc.tenants set paused_reason = 'unpaid' where id = %s", paused)
    await queue(paused, waited_s=60)
    deleted = await add_video(tenant)
    await queue(tenant, video_id=deleted, waited_s=50)
    sql("update captionacc.videos set deleted_at = now() where id = %s", deleted)
    delayed = await queue(tenant, waited_s=40)
    sql(
        "update captionacc.processing_runs set not_before = now() + interval '1 hour'"
        " where id = %s",
        delayed,
    )
    cancelled = await queue(tenant, waited_s=30)
    await catalog.runs.request_cancel(cancelled)
    ready = await queue(tenant)

    assert await claim_all() == [ready]
    sql("update captionacc.tenants set paused_reason = null where id = %s", paused)
    assert len(await claim_all()) == 1


async def test_a_run_that_somebody_else_holds_is_skipped(catalog, tenant, queue):
    """A claim does not wait for another's lock on a queued run."""
    await queue(tenant, priority=9)
    free = await queue(tenant)
    async with catalog.transaction() as tx:
        await tx.database.run(
            b"select from captionacc.processing_runs where priority = 9"
            b" and tenant_id = %(tenant_id)s for update",
            tenant_id=tenant,
        )
        assert (await catalog.runs.claim(_FLOW, 9, "w")).id == free


async def test_dispatchers_at_the_same_time_keep_the_limit(catalog, tenant, queue):
    """Eight claimers: never more than the limit at once, and each run exactly once."""
    tenants = [
        tenant,
        (await catalog.tenants.create("b")).id,
        (await catalog.tenants.create("c")).id,
    ]
    queued = [await queue(one, priority=number % 3) for one in tenants for number in range(14)]
    claimed, at_once = [], []

    async def dispatch():
        while len(claimed) < len(queued):
            run = await catalog.runs.claim(_FLOW, 3, "w")
            if run is None:
                await asyncio.sleep(0)
                continue
            claimed.append(run.id)
            (running,) = await catalog.database.all(
                b"select count(*) from captionacc.processing_runs where state = 'running'"
            )
            at_once.append(running["count"])
            await catalog.runs.succeed(run)

    await asyncio.gather(*(dispatch() for _ in range(8)))
    assert sorted(claimed) == sorted(queued)
    assert max(at_once) <= 3


async def test_a_long_queue_costs_a_claim_no_scan(catalog, tenant, enqueue):
    """The plan reads the ledger by its indexes alone, whatever the statistics say."""
    await enqueue(tenant)
    plan = await catalog.database.all(
        b"explain " + load("runs")["claim"], flow=_FLOW, limit=1, claimed_by="w"
    )
    lines = "\n".join(row["QUERY PLAN"] for row in plan)

    assert "Seq Scan on processing_runs" not in lines
    assert "runs_queued" in lines
