"""Pauses and quotas: what waits, for how long, and why."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from captionacc.catalog.holds import HoldKind
from captionacc.errors import NotFoundError, UsageError
from captionacc.model.results import VideoProbe
from captionacc.model.runs import FlowName

pytestmark = pytest.mark.anyio
FIRST = FlowName.VIDEO_INITIAL_PROCESSING


@pytest.fixture(autouse=True)
def _alone(sql):
    """Claims take whatever is queued, so nothing of other tests may be."""
    sql("delete from captionacc.processing_runs")


@pytest.fixture
def process(catalog):
    """Notes that a video was processed, which was so many seconds long."""

    async def activate(video_id, duration_s=60.0):
        probe = VideoProbe(1280, 720, duration_s, 25.0, "h264", 1_000_000, 0, has_vfr=False)
        await catalog.videos.activate(video_id, probe, 6, None)

    return activate


def _kinds(holds):
    return [hold.kind for hold in holds]


async def test_a_member_pauses_all_flows(catalog, tenant, enqueue):
    """Nothing of the tenant begins until it is resumed; pausing again changes the reason."""
    for flow in FlowName:
        await enqueue(tenant, flow=flow)
    await catalog.holds.pause(tenant, "at night only")
    await catalog.holds.pause(tenant, "for the holidays")
    assert [await catalog.runs.claim(flow, 9, "w") for flow in FlowName] == [None] * 3
    (hold,) = await catalog.holds.of_tenant(tenant)
    assert (hold.kind, hold.reason) == (HoldKind.MEMBER, "for the holidays")
    assert hold.since < datetime.now(UTC)

    await catalog.holds.resume(tenant)
    assert await catalog.holds.of_tenant(tenant) == []
    assert None not in [await catalog.runs.claim(flow, 9, "w") for flow in FlowName]


async def test_a_pause_needs_a_reason_and_a_tenant(catalog, tenant):
    """Neither is made up."""
    with pytest.raises(UsageError):
        await catalog.holds.pause(tenant, "")
    with pytest.raises(NotFoundError):
        await catalog.holds.pause(str(uuid.uuid4()), "why")
    with pytest.raises(NotFoundError):
        await catalog.holds.of_tenant(str(uuid.uuid4()))


async def test_a_full_disk_holds_whoever_waits(catalog, tenant, enqueue):
    """Tenants with something queued are told; when there is space again, all go on at once."""
    idle = (await catalog.tenants.create("idle")).id
    await enqueue(tenant)
    for _ in range(2):
        await catalog.holds.pause_waiting(HoldKind.DISK, "The disk is full.")
    assert _kinds(await catalog.holds.of_tenant(tenant)) == [HoldKind.DISK]
    assert await catalog.holds.of_tenant(idle) == []
    assert await catalog.runs.claim(FlowName.MEDIAN_OCR, 9, "w") is None
    assert await catalog.holds.resume_all(HoldKind.DISK) == 1
    assert await catalog.runs.claim(FlowName.MEDIAN_OCR, 9, "w")


async def test_several_holds_are_told_apart(catalog, tenant, enqueue, sql):
    """One that ends leaves the others."""
    sql(
        "update captionacc.tenants set paused_reason = 'no', videos_per_month = 0 where id = %s",
        tenant,
    )
    await enqueue(tenant)
    await catalog.holds.pause(tenant, "why not")
    await catalog.holds.pause_waiting(HoldKind.DISK, "full")
    assert _kinds(await catalog.holds.of_tenant(tenant)) == ["operator", "member", "disk", "quota"]
    await catalog.holds.resume(tenant)
    assert _kinds(await catalog.holds.of_tenant(tenant)) == ["operator", "disk", "quota"]


async def test_a_quota_of_videos(catalog, tenant, enqueue, process, sql):
    """No more videos begin than the month allows, at once or one after the other."""
    sql("update captionacc.tenants set videos_per_month = 2 where id = %s", tenant)
    runs = [await enqueue(tenant, flow=FIRST) for _ in range(4)]
    claimed = [await catalog.runs.claim(FIRST, 9, "w") for _ in range(3)]
    assert [run and run.id for run in claimed] == [runs[0].id, runs[1].id, None]
    for run in claimed[:2]:
        await process(run.video_id)
        await catalog.runs.succeed(run)
    assert await catalog.runs.claim(FIRST, 9, "w") is None
    (hold,) = await catalog.holds.of_tenant(tenant)
    assert "videos: 2" in hold.reason

    await catalog.videos.delete(runs[0].video_id, tenant)  # has been paid for all the same
    assert await catalog.runs.claim(FIRST, 9, "w") is None
    sql("update captionacc.tenants set videos_per_month = 3 where id = %s", tenant)
    assert (await catalog.runs.claim(FIRST, 9, "w")).id == runs[2].id


async def test_a_quota_of_minutes(  # noqa: PLR0917  # fixtures
    catalog, tenant, add_video, enqueue, process, sql
):
    """Once so much was processed, new videos wait; a video counts once, whatever is done to it."""
    sql("update captionacc.tenants set minutes_per_month = 10 where id = %s", tenant)
    seen = await add_video(tenant)
    for _ in range(3):
        await process(seen, 400.0)
    await enqueue(tenant, flow=FIRST)
    assert (await catalog.holds.quota(tenant)).minutes == pytest.approx(400 / 60)
    assert await catalog.holds.of_tenant(tenant) == []
    await process(await add_video(tenant), 200.0)
    (hold,) = await catalog.holds.of_tenant(tenant)
    assert (hold.kind, "minutes of video: 10" in hold.reason) == (HoldKind.QUOTA, True)
    assert await catalog.runs.claim(FIRST, 9, "w") is None


async def test_a_quota_holds_new_videos_only(catalog, tenant, enqueue, sql):
    """What was begun is finished."""
    sql("update captionacc.tenants set videos_per_month = 0 where id = %s", tenant)
    new, later = await enqueue(tenant, flow=FIRST), await enqueue(tenant, flow=FlowName.MEDIAN_OCR)
    (hold,) = await catalog.holds.of_tenant(tenant)
    assert (hold.holds(new), hold.holds(later)) == (True, False)
    assert await catalog.runs.claim(FIRST, 9, "w") is None
    assert await catalog.runs.claim(FlowName.MEDIAN_OCR, 9, "w")


async def test_a_new_month_is_a_new_quota(  # noqa: PLR0917  # fixtures
    catalog, tenant, add_video, enqueue, process, sql
):
    """The queue goes on by itself."""
    sql("update captionacc.tenants set videos_per_month = 1 where id = %s", tenant)
    await process(await add_video(tenant))
    run = await enqueue(tenant, flow=FIRST)
    quota = await catalog.holds.quota(tenant)
    assert (quota.is_over, quota.videos, quota.until.day) == (True, 1, 1)
    assert await catalog.runs.claim(FIRST, 9, "w") is None
    sql("update captionacc.processed_videos set at = at - interval '1 month'")
    assert (await catalog.runs.claim(FIRST, 9, "w")).id == run.id


async def test_what_is_held_is_no_work(catalog, tenant, enqueue, sql):
    """Nobody need stay up for what cannot begin."""
    sql("update captionacc.videos set status = 'active'")
    run = await enqueue(tenant, flow=FlowName.MEDIAN_OCR)
    sql("update captionacc.videos set status = 'active'")
    assert await catalog.runs.has_work(0)
    await catalog.holds.pause(tenant, "why not")
    assert not await catalog.runs.has_work(0)
    await catalog.holds.resume(tenant)
    assert await catalog.runs.has_work(0)
    await catalog.runs.request_cancel(run.id)
    assert not await catalog.runs.has_work(0)
