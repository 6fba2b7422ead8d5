"""Events reach every reader, once and in order; NOTIFY wakes them."""

from __future__ import annotations

import asyncio
import random
import uuid
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import psycopg
import pytest

from captionacc.catalog.listen import Listener, Notification
from captionacc.errors import UsageError
from captionacc.model.runs import FlowName

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("idle")]


async def test_changes_of_videos_and_runs_are_told(catalog, tenant, add_video, enqueue, eventually):
    """Each with what is new, after the position that was latest before; idle words are not."""
    video_id = await add_video(tenant)
    before = await eventually(lambda: _not_the_beginning(catalog, tenant))
    await catalog.videos.rename(video_id, tenant, "new")
    await catalog.videos.rename(video_id, tenant, "new")
    await enqueue(tenant, video_id=video_id)
    run = await catalog.runs.claim(FlowName.MEDIAN_OCR, 1, "w")
    await catalog.runs.heartbeat(run, "read", 0.5)
    await catalog.runs.heartbeat(run, "read", 0.5)
    await catalog.runs.succeed(run)
    await catalog.events.captions(tenant, video_id, {"changed": [1]})

    events = await eventually(lambda: _read(catalog, tenant, before, at_least=7))
    kinds = ["video", "run", "run", "run", "video", "run", "captions"]
    assert [event.kind for event in events] == kinds
    assert (events[0].payload["id"], events[0].payload["title"]) == (video_id, "new")
    runs = [event for event in events if event.kind == "run"]
    told = [(event.payload["state"], event.payload["progress"]) for event in runs]
    assert told == [("queued", 0), ("running", 0), ("running", 0.5), ("succeeded", 1)]
    assert {event.run_id for event in runs} == {run.id}
    assert {event.video_id for event in events} == {video_id}
    assert events[-1].payload == {"changed": [1]}
    assert await catalog.events.latest(tenant) == events[-1].id
    other = (await catalog.tenants.create("other")).id
    assert await catalog.events.since(other, "0-0", 100) == []


async def _not_the_beginning(catalog, tenant):
    latest = await catalog.events.latest(tenant)
    return latest if latest != "0-0" else None


async def _read(catalog, tenant, position, at_least):
    events = await catalog.events.since(tenant, position, 1000)
    return events if len(events) >= at_least else None


async def test_nothing_is_skipped_while_a_transaction_is_open(
    catalog, tenant, add_video, eventually
):
    """What commits later but began earlier comes first; what has committed waits for it."""
    async with catalog.transaction() as tx:
        await tx.events.captions(tenant, await add_video(tenant), {"n": 1})
        after = await eventually(lambda: _not_the_beginning(catalog, tenant))
        await catalog.events.captions(tenant, str(uuid.uuid4()), {"n": 2})

        assert await catalog.events.since(tenant, after, 10) == []
        assert await catalog.events.is_held_back(tenant, after)
    events = await eventually(lambda: _read(catalog, tenant, after, at_least=2))
    assert [event.payload["n"] for event in events] == [1, 2]
    assert not await catalog.events.is_held_back(tenant, events[-1].id)


async def test_a_reader_gets_everything_once_whatever_the_order_of_commits(catalog, tenant):
    """Eight writers commit in disorder while a reader goes on from page to page."""
    numbers = random.Random(7)  # noqa: S311  # reproducible
    video_id = str(uuid.uuid4())

    async def write(writer):
        for number in range(20):
            async with catalog.transaction() as tx:
                await tx.events.captions(tenant, video_id, {"n": [writer, number]})
                await asyncio.sleep(numbers.random() / 100)

    writing = asyncio.gather(*(write(writer) for writer in range(8)))
    seen, position = [], "0-0"
    async with asyncio.timeout(30):
        while len(seen) < 160:
            for event in await catalog.events.since(tenant, position, 7):
                seen.append(tuple(event.payload["n"]))
                position = event.id
            await asyncio.sleep(0.001)
    await writing
    assert len(set(seen)) == 160
    for writer in range(8):
        assert [number for one, number in seen if one == writer] == list(range(20))


async def test_a_position_is_checked(catalog, tenant):
    """It comes from clients."""
    for position in ("", "1", "a-b", "1-2-3", "-1-2", "9" * 30 + "-1", "1-1; drop table x"):
        with pytest.raises(UsageError):
            await catalog.events.since(tenant, position, 1)


async def test_old_events_are_forgotten(catalog, tenant, sql, eventually):
    """Newer ones are kept, and the position of a forgotten one still serves."""
    await catalog.events.captions(tenant, str(uuid.uuid4()), {"n": 1})
    sql("update captionacc.events set at = now() - interval '2 days' where tenant_id = %s", tenant)
    (old,) = await eventually(lambda: _read(catalog, tenant, "0-0", at_least=1))
    await catalog.events.captions(tenant, str(uuid.uuid4()), {"n": 2})
    await catalog.events.prune(timedelta(days=1))

    (left,) = await eventually(lambda: _read(catalog, tenant, old.id, at_least=1))
    assert left.payload == {"n": 2}
    assert await catalog.events.since(tenant, "0-0", 10) == [left]


@asynccontextmanager
async def _hearing(database_url, *channels):
    """A queue that fills with notifications for the block."""
    heard = asyncio.Queue()

    async def collect():
        async with Listener(database_url, channels) as listener:
            async for notification in listener.notifications():
                heard.put_nowait(notification)

    task = asyncio.create_task(collect())
    try:
        yield heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _next(heard):
    return await asyncio.wait_for(heard.get(), 20)


async def test_who_waits_for_work_is_woken(database_url, catalog, tenant, enqueue):
    """By a run that is queued, given back or ended, not by a claim or a heartbeat."""
    async with _hearing(database_url, "captionacc_runs") as heard:
        assert await _next(heard) == Notification("captionacc_runs", "")
        await enqueue(tenant)
        run = await catalog.runs.claim(FlowName.MEDIAN_OCR, 1, "w")
        await catalog.runs.heartbeat(run, "p", 0.1)
        await catalog.runs.release(run, 0)
        run = await catalog.runs.claim(FlowName.MEDIAN_OCR, 1, "w")
        await catalog.runs.succeed(run)

        for _ in range(3):
            assert await _next(heard) == Notification("captionacc_runs", "median-ocr")
        await _flush(database_url, "captionacc_runs")
        assert (await _next(heard)).payload == "flushed"


async def _flush(database_url, channel):
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("select pg_notify(%s, 'flushed')", [channel])


async def test_who_waits_for_events_is_told_the_tenant(database_url, catalog, tenant, add_video):
    """Also of captions."""
    async with _hearing(database_url, "captionacc_events") as heard:
        await _next(heard)
        video_id = await add_video(tenant)
        assert await _next(heard) == Notification("captionacc_events", tenant)
        await catalog.events.captions(tenant, video_id, {})
        assert await _next(heard) == Notification("captionacc_events", tenant)


async def test_a_listener_outlives_its_connection(database_url, sql):
    """It begins anew, and says so on each channel, since it may have missed something."""
    async with _hearing(database_url, "one", "two") as heard:
        begun = [Notification("one", ""), Notification("two", "")]
        assert [await _next(heard), await _next(heard)] == begun
        for payload in ("a", "b"):
            await _flush(database_url, "one")
            assert await _next(heard) == Notification("one", "flushed")
            sql(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and query ilike 'listen%%'"
                " and %s <> ''",
                payload,
            )
            assert [await _next(heard), await _next(heard)] == begun


async def test_the_pool_replaces_lost_connections(catalog, tenant, sql):
    """A restart of Postgres while nothing was asked is not noticed."""
    await asyncio.gather(*(catalog.tenants.get(tenant) for _ in range(8)))
    sql(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )

    found = await asyncio.gather(*(catalog.tenants.get(tenant) for _ in range(8)))
    assert {one.id for one in found} == {tenant}
