"""What becomes of a run, and who may say so."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from captionacc.errors import ConflictError, NotFoundError, StaleRunError
from captionacc.model.geometry import CropRegion
from captionacc.model.runs import FlowName, RunError, RunState
from captionacc.model.videos import StageStatus, VersionState, VideoStatus

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("idle")]
_REGION = CropRegion(0, 0.7, 1, 0.9)


def _error(run, code="store"):
    return RunError(code=code, message="It failed.", hint="Try again.", run_id=run.id)


async def requeue(catalog):
    """Queue again whatever runs, as if its worker were lost."""
    return await catalog.runs.requeue_silent(await catalog.runs.heartbeats())


@pytest.fixture
def claimed(catalog, enqueue):
    """A run that was queued and claimed."""

    async def claim(tenant_id, flow=FlowName.MEDIAN_OCR, **fields):
        queued = await enqueue(tenant_id, flow=flow, **fields)
        run = await catalog.runs.claim(flow, 100, "w")
        assert run.id == queued.id
        return run

    return claim


@pytest.fixture
def ready(sql):
    """No run waits any longer."""

    def skip_delays():
        sql("update captionacc.processing_runs set not_before = now()")

    return skip_delays


async def test_a_holder_tells_how_it_goes(catalog, tenant, claimed):
    """Each word is kept, and the run succeeds."""
    run = await claimed(tenant)
    flow_run_id = str(uuid.uuid4())
    await catalog.runs.set_prefect_flow_run(run, flow_run_id)
    await catalog.runs.started(run)
    await catalog.runs.set_compute_intent(run, "job")
    await catalog.runs.set_compute_call(run, "call")
    now = await catalog.runs.heartbeat(run, "read", 0.5)

    assert (now.phase, now.progress, now.prefect_flow_run_id) == ("read", 0.5, flow_run_id)
    assert (now.compute_job_key, now.compute_call_id) == ("job", "call")
    assert now.heartbeat_at >= run.heartbeat_at
    assert now.started_at is not None
    done = await catalog.runs.succeed(run)
    assert (done.state, done.progress) == (RunState.SUCCEEDED, 1)
    assert done.finished_at is not None


async def test_a_call_belongs_to_its_job(catalog, tenant, claimed):
    """The same intent keeps the call that was begun, another one forgets it."""
    run = await claimed(tenant)
    await catalog.runs.set_compute_intent(run, "job")
    await catalog.runs.set_compute_call(run, "call")

    assert (await catalog.runs.set_compute_intent(run, "job")).compute_call_id == "call"
    assert (await catalog.runs.set_compute_intent(run, "next")).compute_call_id is None


async def test_an_old_holder_is_refused_everything(catalog, tenant, claimed):
    """Whoever was believed dead changes nothing of what its successor does."""
    old = await claimed(tenant)
    await requeue(catalog)
    new = await catalog.runs.claim(FlowName.MEDIAN_OCR, 1, "successor")
    assert new.generation == old.generation + 1

    runs = catalog.runs
    for attempt in (
        lambda: runs.started(old),
        lambda: runs.heartbeat(old, "p", 0.1),
        lambda: runs.set_prefect_flow_run(old, str(uuid.uuid4())),
        lambda: runs.set_compute_intent(old, "job"),
        lambda: runs.set_compute_call(old, "call"),
        lambda: runs.succeed(old),
        lambda: runs.fail(old, _error(old), None),
        lambda: runs.release(old, 0),
        lambda: runs.cancelled(old),
    ):
        with pytest.raises(StaleRunError):
            await attempt()
    assert await catalog.runs.get(new.id) == new


async def test_a_run_ends_once(catalog, tenant, claimed):
    """Its end is final, also for its own holder; of several at once one is heard."""
    run = await claimed(tenant)
    outcomes = await asyncio.gather(
        *(catalog.runs.succeed(run) for _ in range(4)),
        *(catalog.runs.fail(run, _error(run), None) for _ in range(4)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, StaleRunError) for outcome in outcomes) == 7
    with pytest.raises(StaleRunError):
        await catalog.runs.heartbeat(run, "p", 0.1)


async def test_a_failed_transaction_leaves_the_run_with_its_holder(catalog, tenant, claimed):
    """Outputs and success become visible at once, or neither."""
    run = await claimed(tenant)

    async def complete():
        async with catalog.transaction() as tx:
            await tx.runs.succeed(run)
            await tx.videos.set_stage(str(uuid.uuid4()), text=StageStatus.DONE)

    with pytest.raises(NotFoundError):
        await complete()
    assert (await catalog.runs.get(run.id)).state == RunState.RUNNING


async def test_released_work_costs_no_attempt(catalog, tenant, claimed, ready):
    """It waits as long as it was told, then goes on with a new generation."""
    run = await claimed(tenant)
    back = await catalog.runs.release(run, 600)
    assert (back.state, back.attempt, back.claimed_by) == (RunState.QUEUED, 0, None)
    assert await catalog.runs.claim(FlowName.MEDIAN_OCR, 1, "w") is None

    ready()
    again = await catalog.runs.claim(FlowName.MEDIAN_OCR, 1, "w")
    assert (again.attempt, again.generation) == (1, 2)


async def test_a_failure_is_retried_until_the_attempts_are_used_up(catalog, tenant, claimed, ready):
    """Then the run has failed, and its video says why."""
    run = await claimed(tenant)
    for attempt in (1, 2):
        assert run.attempt == attempt
        back = await catalog.runs.fail(run, _error(run), 5.0)
        assert (back.state, back.error.code) == (RunState.QUEUED, "store")
        assert (await catalog.videos.get(run.video_id, tenant)).error is None
        ready()
        run = await catalog.runs.claim(FlowName.MEDIAN_OCR, 1, "w")
        assert run.error is None
    failed = await catalog.runs.fail(run, _error(run), 5.0)

    assert (failed.state, failed.attempt) == (RunState.FAILED, 3)
    video = await catalog.videos.get(run.video_id, tenant)
    assert (video.error, video.text_status) == (_error(run), StageStatus.ERROR)


async def test_what_is_not_worth_a_retry_fails_at_once(catalog, tenant, claimed):
    """Of the first flow, the video itself has failed."""
    run = await claimed(tenant, FlowName.VIDEO_INITIAL_PROCESSING)
    failed = await catalog.runs.fail(run, _error(run, "not_a_video"), None)

    assert failed.state == RunState.FAILED
    video = await catalog.videos.get(run.video_id, tenant)
    assert (video.status, video.layout_status) == (VideoStatus.ERROR, StageStatus.ERROR)
    assert video.error.code == "not_a_video"


async def test_a_failed_second_layout_leaves_the_first_in_place(
    catalog, tenant, add_video, claimed
):
    """Version 2 has failed and its stage says so; version 1 stays active and readable."""
    video_id = await add_video(tenant)
    for version in (1, 2):
        await catalog.versions.ensure(video_id, tenant, version, _REGION)
    await catalog.versions.activate(video_id, 1, 10)
    run = await claimed(
        tenant, FlowName.CROP_AND_INFER, video_id=video_id, parameters={"version": 2}
    )
    await catalog.runs.fail(run, _error(run), None)

    states = [one.state for one in await catalog.versions.of_video(video_id, tenant)]
    assert states == [VersionState.FAILED, VersionState.ACTIVE]
    video = await catalog.videos.get(video_id, tenant)
    assert (video.active_version, video.captions_status) == (1, StageStatus.ERROR)


async def test_a_lost_worker_costs_attempts_and_then_the_run(catalog, tenant, claimed):
    """Without a sign of life it is queued again, in the end failed; with one it is left alone."""
    run = await claimed(tenant)
    before = await catalog.runs.heartbeats()
    await catalog.runs.heartbeat(run, "p", 0.1)
    assert await catalog.runs.requeue_silent(before) == []
    for attempt in (1, 2):
        (back,) = await requeue(catalog)
        assert (back.state, back.attempt) == (RunState.QUEUED, attempt)
        assert back.error.code == "worker_lost"
        await catalog.runs.claim(FlowName.MEDIAN_OCR, 1, "w")
    (failed,) = await requeue(catalog)

    assert failed.state == RunState.FAILED
    assert (await catalog.videos.get(run.video_id, tenant)).error.run_id == run.id


async def test_no_pause_outlasts_a_clock_that_was_set_back(catalog, tenant, enqueue, sql):
    """A run that is to wait longer than any pause lasts may be claimed at once."""
    run, waiting = await enqueue(tenant), await enqueue(tenant)
    pause = "update captionacc.processing_runs set not_before = now() + %s::interval where id = %s"
    sql(pause, "1 hour", run.id)
    sql(pause, "50 s", waiting.id)
    assert await catalog.runs.hasten(60) == 1
    assert (await catalog.runs.claim(FlowName.MEDIAN_OCR, 2, "w")).id == run.id
    assert await catalog.runs.claim(FlowName.MEDIAN_OCR, 2, "w") is None


async def test_reconcilers_at_the_same_time_requeue_once(catalog, tenant, claimed):
    """A lost run is reported by one of them."""
    await claimed(tenant)
    found = await asyncio.gather(*(requeue(catalog) for _ in range(8)))

    assert sum(map(len, found)) == 1


async def test_queued_work_is_cancelled_at_once(catalog, tenant, enqueue):
    """It is never claimed; asked again, nothing changes."""
    run = await enqueue(tenant)
    cancelled = await catalog.runs.request_cancel(run.id)

    assert cancelled.state == RunState.CANCELLED
    assert cancelled.finished_at is not None
    assert await catalog.runs.claim(FlowName.MEDIAN_OCR, 1, "w") is None
    assert await catalog.runs.request_cancel(run.id) == cancelled
    with pytest.raises(NotFoundError):
        await catalog.runs.request_cancel(str(uuid.uuid4()))


async def test_running_work_hears_of_its_cancellation(catalog, tenant, claimed):
    """With its next heartbeat; then its holder ends it."""
    run = await claimed(tenant)
    assert (await catalog.runs.request_cancel(run.id)).state == RunState.RUNNING
    assert (await catalog.runs.heartbeat(run, "p", 0.1)).cancel_requested_at is not None
    ended = await catalog.runs.cancelled(run)
    assert (ended.state, ended.error) == (RunState.CANCELLED, None)


@pytest.mark.parametrize("end", ["release", "fail", "requeue"])
async def test_unwanted_work_is_not_queued_again(catalog, tenant, claimed, end):
    """A run that should be cancelled ends as such, however its holder lets it go."""
    run = await claimed(tenant)
    await catalog.runs.request_cancel(run.id)
    if end == "release":
        await catalog.runs.release(run, 0)
    elif end == "fail":
        await catalog.runs.fail(run, _error(run), 0.0)
    else:
        await requeue(catalog)

    assert (await catalog.runs.get(run.id)).state == RunState.CANCELLED
    video = await catalog.videos.get(run.video_id, tenant)
    assert (video.text_status, video.error.code) == (StageStatus.ERROR, "cancelled")
    assert video.error.hint


async def test_cancelled_reading_is_not_offered_as_read(catalog, tenant, claimed, add_video):
    """A batch that a person cancelled leaves the text in error until it is retried."""
    video_id = await add_video(tenant)
    await catalog.versions.ensure(video_id, tenant, 1, _REGION)
    await catalog.versions.activate(video_id, 1, 10)
    batches = [
        await claimed(tenant, video_id=video_id, subject=str(number), parameters={"version": 1})
        for number in range(2)
    ]
    await catalog.runs.cancelled(batches[0])
    await catalog.runs.succeed(batches[1])
    assert (await catalog.videos.get(video_id, tenant)).text_status == StageStatus.ERROR
    await catalog.runs.retry_failed(video_id, tenant)
    video = await catalog.videos.get(video_id, tenant)
    assert (video.text_status, video.error) == (StageStatus.WAIT, None)


@pytest.mark.parametrize("end", ["fail", "cancelled", "succeed"])
async def test_late_reading_of_an_earlier_version_keeps_nothing_waiting(
    catalog, tenant, claimed, add_video, end
):
    """However it ends, the text of the version that is shown is offered then."""
    video_id = await add_video(tenant)
    await catalog.versions.ensure(video_id, tenant, 1, _REGION)
    await catalog.versions.activate(video_id, 1, 10)
    late = await claimed(tenant, video_id=video_id, subject="v1:0", parameters={"version": 1})
    await catalog.versions.ensure(video_id, tenant, 2, _REGION)
    await catalog.versions.activate(video_id, 2, 10)
    new = await claimed(tenant, video_id=video_id, subject="v2:0", parameters={"version": 2})
    await catalog.runs.succeed(new)
    assert (await catalog.videos.get(video_id, tenant)).text_status == StageStatus.WAIT

    details = (_error(late), None) if end == "fail" else ()
    await getattr(catalog.runs, end)(late, *details)
    video = await catalog.videos.get(video_id, tenant)
    assert (video.text_status, video.error) == (StageStatus.ANNOTATE, None)


async def test_what_a_newer_approval_replaced_ends_unseen(catalog, tenant, add_video, claimed):
    """The work on an earlier layout, cancelled by a later approval, troubles no stage."""
    video_id = await add_video(tenant)
    run = await claimed(
        tenant,
        FlowName.CROP_AND_INFER,
        video_id=video_id,
        subject="v1",
        parameters={"version": 1},
    )
    for version in (1, 2):
        await catalog.versions.ensure(video_id, tenant, version, _REGION)
    await catalog.runs.cancelled(run)
    video = await catalog.videos.get(video_id, tenant)
    assert (video.captions_status, video.error) == (StageStatus.WAIT, None)


async def test_a_retry_starts_anew_what_failed(catalog, tenant, claimed):
    """Under a key of its own, once even for two clicks; the video's stage stands open again."""
    run = await claimed(tenant, FlowName.VIDEO_INITIAL_PROCESSING, key="initial:x")
    for number in (1, 2):
        await catalog.runs.fail(run, _error(run), None)
        retries = await asyncio.gather(
            *(catalog.runs.retry_failed(run.video_id, tenant) for _ in range(2)),
            return_exceptions=True,
        )
        again = [runs for runs in retries if not isinstance(runs, ConflictError)]
        assert [[one.idempotency_key for one in runs] for runs in again] == [
            [f"initial:x:retry{number}"]
        ]
        video = await catalog.videos.get(run.video_id, tenant)
        assert (video.status, video.error) == (VideoStatus.PROCESSING, None)
        run = await catalog.runs.claim(FlowName.VIDEO_INITIAL_PROCESSING, 1, "w")
    await catalog.runs.succeed(run)
    with pytest.raises(ConflictError):
        await catalog.runs.retry_failed(run.video_id, tenant)


async def test_a_retry_leaves_alone_what_was_replaced(catalog, tenant, add_video, claimed):
    """Neither an older layout nor batches of a version that is not shown come back."""
    video_id = await add_video(tenant)
    flow, batch = FlowName.CROP_AND_INFER, FlowName.MEDIAN_OCR
    for version in (1, 2):
        parameters = {"version": version}
        subject = f"v{version}"
        run = await claimed(tenant, flow, video_id=video_id, subject=subject, parameters=parameters)
        if version == 1:
            await catalog.runs.fail(run, _error(run), None)
        else:
            await catalog.versions.ensure(video_id, tenant, 2, _REGION)
            await catalog.versions.activate(video_id, 2, 10)
            await catalog.runs.succeed(run)
        read = await claimed(
            tenant, batch, video_id=video_id, subject=f"{subject}:0", parameters=parameters
        )
        await catalog.runs.fail(read, _error(read), None)

    again = await catalog.runs.retry_failed(video_id, tenant)
    assert [(run.flow, run.subject) for run in again] == [(batch, "v2:0")]
    assert (await catalog.videos.get(video_id, tenant)).text_status == StageStatus.WAIT


async def test_the_ledger_can_be_looked_at(catalog, tenant, add_video, enqueue):
    """Runs of a video, the newest first and for its tenant alone; how many there are of a kind."""
    video_id = await add_video(tenant)
    runs = [await enqueue(tenant, video_id=video_id, subject=str(number)) for number in range(3)]

    assert await catalog.runs.of_video(video_id, tenant) == runs[::-1]
    assert await catalog.runs.of_video(video_id, str(uuid.uuid4())) == []
    counts = {(one.flow, one.state): one.number for one in await catalog.runs.counts()}
    assert counts[FlowName.MEDIAN_OCR, RunState.QUEUED] == 3
    with pytest.raises(NotFoundError):
        await catalog.runs.get(str(uuid.uuid4()))
