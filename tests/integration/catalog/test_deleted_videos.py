"""Deleted videos: had back with their work, or removed for good."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from captionacc.errors import NotFoundError, StaleRunError
from captionacc.model.runs import FlowName

pytestmark = pytest.mark.anyio
FIRST = FlowName.VIDEO_INITIAL_PROCESSING
GRACE_S = 3600


@pytest.fixture(autouse=True)
def _alone(sql):
    """Purges take whatever is due, and claims what is queued: nothing of other tests may be."""
    sql("delete from captionacc.videos")


@pytest.fixture
def age(sql):
    """Lets the video have been deleted two hours ago."""

    def move(video_id):
        ago = "deleted_at - interval '2 hours'"
        sql(f"update captionacc.videos set deleted_at = {ago} where id = %s", video_id)  # noqa: S608

    return move


def _states(runs):
    return [(run.state.value, run.idempotency_key) for run in reversed(runs)]


async def test_a_restored_video_goes_on(catalog, tenant, add_video, enqueue):
    """What its deletion cancelled is queued again, and only that."""
    video_id = await add_video(tenant)
    own = await enqueue(tenant, video_id=video_id, key="own")
    await catalog.runs.request_cancel(own.id)
    await enqueue(tenant, video_id=video_id, flow=FlowName.CROP_AND_INFER, key="crop")
    await catalog.videos.delete(video_id, tenant)
    assert [one.id for one in await catalog.deleted.list(tenant, 9)] == [video_id]

    restored = await catalog.deleted.restore(video_id, tenant)
    assert restored.deleted_at is None
    assert (await catalog.videos.get(video_id, tenant)).id == video_id
    assert await catalog.deleted.list(tenant, 9) == []
    runs = await catalog.runs.of_video(video_id, tenant)
    assert _states(runs) == [
        ("cancelled", "own"),
        ("cancelled", "crop"),
        ("queued", "crop:retry1"),
    ]


async def test_a_run_that_was_ending_is_begun_anew(catalog, tenant, add_video, enqueue):
    """Undone within the second: its holder is refused, and the work is queued once."""
    video_id = await add_video(tenant)
    await enqueue(tenant, video_id=video_id, flow=FIRST, key="look")
    held = await catalog.runs.claim(FIRST, 9, "w")
    await catalog.videos.delete(video_id, tenant)
    await catalog.deleted.restore(video_id, tenant)
    with pytest.raises(StaleRunError):
        await catalog.runs.succeed(held)
    runs = await catalog.runs.of_video(video_id, tenant)
    assert _states(runs) == [("cancelled", "look"), ("queued", "look:retry1")]
    assert (await catalog.videos.get(video_id, tenant)).error is None


async def test_only_a_deleted_video_of_ones_own_is_restored(catalog, tenant, add_video):
    """Neither one that is there, nor another tenant's, nor none at all; twice is once."""
    video_id = await add_video(tenant)
    with pytest.raises(NotFoundError):
        await catalog.deleted.restore(video_id, tenant)
    await catalog.videos.delete(video_id, tenant)
    stranger = (await catalog.tenants.create("stranger")).id
    for other, of in ((video_id, stranger), (str(uuid.uuid4()), tenant)):
        with pytest.raises(NotFoundError):
            await catalog.deleted.restore(other, of)
    await catalog.deleted.restore(video_id, tenant)
    with pytest.raises(NotFoundError):
        await catalog.deleted.restore(video_id, tenant)


async def test_a_purge_waits_for_the_grace_time_and_the_last_run(
    catalog, tenant, add_video, enqueue, age
):
    """A video whose run may still write stays until that has ended."""
    video_id = await add_video(tenant)
    await enqueue(tenant, video_id=video_id)
    held = await catalog.runs.claim(FlowName.MEDIAN_OCR, 9, "w")
    await catalog.videos.delete(video_id, tenant)
    assert await catalog.deleted.begin_purge(GRACE_S) is None
    age(video_id)
    assert await catalog.deleted.begin_purge(GRACE_S) is None
    await catalog.runs.cancelled(held)
    assert (await catalog.deleted.begin_purge(GRACE_S)).id == video_id


async def test_a_purge_is_one_purgers_and_survives_it(catalog, tenant, add_video, age, sql):
    """Nobody restores it meanwhile, nobody else takes it, unless its purger is gone for an hour."""
    video_id = await add_video(tenant)
    await catalog.videos.delete(video_id, tenant)
    age(video_id)
    taken = await asyncio.gather(*(catalog.deleted.begin_purge(GRACE_S) for _ in range(4)))
    assert [one.id for one in taken if one] == [video_id]
    with pytest.raises(NotFoundError):
        await catalog.deleted.restore(video_id, tenant)
    assert await catalog.deleted.list(tenant, 9) == []
    sql("update captionacc.videos set purging_at = now() - interval '2 hours'")
    assert (await catalog.deleted.begin_purge(GRACE_S)).id == video_id


async def test_a_purged_video_leaves_only_records(  # noqa: PLR0917  # fixtures
    catalog, tenant, add_video, enqueue, age, sql
):
    """Rows that belong to it go; who did what, and that it was processed, stays."""
    video_id = await add_video(tenant)
    await enqueue(tenant, video_id=video_id)
    await catalog.databases.stored(video_id, "captions", tenant, "etag")
    sql(
        "insert into captionacc.processed_videos (video_id, tenant_id, duration_s)"
        " values (%s, %s, 60)",
        video_id,
        tenant,
    )
    await catalog.videos.delete(video_id, tenant)
    age(video_id)
    await catalog.deleted.end_purge(video_id)  # not begun
    assert sql("select id from captionacc.videos where id = %s", video_id)
    await catalog.deleted.begin_purge(GRACE_S)
    for _ in range(2):
        await catalog.deleted.end_purge(video_id)
    assert not sql("select id from captionacc.videos where id = %s", video_id)
    assert await catalog.runs.of_video(video_id, tenant) == []
    assert await catalog.databases.state(video_id, "captions") is None
    (record,) = sql("select * from captionacc.audit_log where video_id = %s", video_id)
    assert record["action"] == "purge-video"
    assert (await catalog.holds.quota(tenant)).videos == 1


async def test_what_has_no_row_is_told_from_what_was_purged(catalog, tenant, add_video, age):
    """An unknown id may be somebody's data; a purged one is a late writer's."""
    there, purged, unknown = await add_video(tenant), await add_video(tenant), str(uuid.uuid4())
    await catalog.videos.delete(purged, tenant)
    age(purged)
    await catalog.deleted.begin_purge(GRACE_S)
    await catalog.deleted.end_purge(purged)
    found = await catalog.deleted.without_row(tenant, [there, purged, unknown])
    assert found == {purged: True, unknown: False}
