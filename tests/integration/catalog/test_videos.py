"""Videos, their versions, and uploads on the way to becoming one."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from captionacc.errors import ConflictError, NotFoundError, UsageError
from captionacc.model.geometry import CropRegion
from captionacc.model.results import VideoProbe
from captionacc.model.runs import FlowName, RunState
from captionacc.model.videos import StageStatus, VersionState, VideoStatus

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("idle")]
_PREDICTED = CropRegion(0, 0.7, 1, 0.9)
_APPROVED = CropRegion(0.1, 0.6, 0.9, 0.8)
_PROBE = VideoProbe(1280, 720, 60.5, 25.0, "h264", 0, 0, has_vfr=False)


async def test_a_videos_way(catalog, tenant, add_video):
    """Found out, approved, inferred: each step is seen in its statuses and region."""
    video_id = await add_video(tenant, title="a.mp4")
    video = await catalog.videos.get(video_id, tenant)
    assert (video.status, video.crop_region) == (VideoStatus.PROCESSING, None)
    with pytest.raises(ConflictError):
        await catalog.videos.approve(video_id, tenant, _APPROVED)

    video = await catalog.videos.activate(video_id, _PROBE, 7, _PREDICTED)
    assert (video.status, video.layout_status) == (VideoStatus.ACTIVE, StageStatus.ANNOTATE)
    assert (video.width, video.duration_s, video.frame_count) == (1280, 60.5, 7)
    assert video.crop_region == _PREDICTED

    video = await catalog.videos.approve(video_id, tenant, _APPROVED)
    assert (video.layout_status, video.crop_region) == (StageStatus.DONE, _APPROVED)

    await catalog.versions.ensure(video_id, tenant, 1, _APPROVED)
    await catalog.versions.activate(video_id, 1, 600)
    stages = {"captions": StageStatus.ANNOTATE, "text": StageStatus.ANNOTATE}
    await catalog.videos.set_stage(video_id, **stages, caption_count=9)
    video = await catalog.videos.get(video_id, tenant)
    assert (video.active_version, video.caption_count) == (1, 9)
    assert video.text_status == video.captions_status == StageStatus.ANNOTATE

    again = await catalog.videos.activate(video_id, _PROBE, 8, _PREDICTED)
    assert again.crop_region == _APPROVED


async def test_no_captions_means_no_region(catalog, tenant, add_video):
    """The layout still awaits a person, who may know better."""
    video = await catalog.videos.activate(await add_video(tenant), _PROBE, 7, None)
    assert (video.crop_region, video.layout_status) == (None, StageStatus.ANNOTATE)


async def test_the_text_is_offered_by_the_last_reader(catalog, tenant, add_video, enqueue):
    """However many end at the same moment, and not before."""
    video_id = await add_video(tenant)
    for subject in "abcdef":
        await enqueue(tenant, video_id=video_id, subject=subject)
    runs = [await catalog.runs.claim(FlowName.MEDIAN_OCR, 9, "w") for _ in range(6)]

    await catalog.runs.succeed(runs.pop())
    assert (await catalog.videos.get(video_id, tenant)).text_status == StageStatus.WAIT
    await asyncio.gather(*map(catalog.runs.succeed, runs))
    assert (await catalog.videos.get(video_id, tenant)).text_status == StageStatus.ANNOTATE


async def test_a_video_is_its_tenants(catalog, tenant, add_video):
    """To others it does not exist; to the system it does."""
    video_id, other = await add_video(tenant), (await catalog.tenants.create("other")).id
    for act in (
        lambda: catalog.videos.get(video_id, other),
        lambda: catalog.videos.rename(video_id, other, "x"),
        lambda: catalog.videos.move(video_id, other, "x"),
        lambda: catalog.videos.delete(video_id, other),
        lambda: catalog.videos.approve(video_id, other, _APPROVED),
        lambda: catalog.runs.retry_failed(video_id, other),
        lambda: catalog.versions.ensure(video_id, other, 1, _APPROVED),
        lambda: catalog.videos.get("../x", tenant),
    ):
        with pytest.raises(NotFoundError):
            await act()
    assert (await catalog.videos.get(video_id, None)).id == video_id
    assert await catalog.videos.list(other, limit=10) == []
    assert await catalog.versions.of_video(video_id, other) == []


async def test_videos_are_listed_in_pages(catalog, tenant, add_video):
    """The newest first, of all folders or one."""
    ids = [await add_video(tenant, folder="ab"[n % 2]) for n in range(7)]
    deleted = await add_video(tenant)
    await catalog.videos.delete(deleted, tenant)
    pages, before = [], None
    while page := await catalog.videos.list(tenant, limit=3, before=before):
        pages.append([video.id for video in page])
        before = page[-1].id

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [video_id for page in pages for video_id in page] == ids[::-1]
    in_folder = await catalog.videos.list(tenant, folder="b", limit=10)
    assert [video.id for video in in_folder] == ids[5::-2]


async def test_a_video_is_described_anew(catalog, tenant, add_video):
    """Title and folder, each alone, within limits."""
    video_id = await add_video(tenant)
    await catalog.videos.rename(video_id, tenant, "Titel")
    video = await catalog.videos.move(video_id, tenant, "Serie 1")
    assert (video.title, video.folder) == ("Titel", "Serie 1")
    for title in ("x" * 501, "nul\0"):
        with pytest.raises(UsageError):
            await catalog.videos.rename(video_id, tenant, title)


async def test_deleting_a_video_ends_its_work(catalog, tenant, add_video, enqueue):
    """What waits is cancelled, what runs is asked to end, and nothing new begins."""
    video_id = await add_video(tenant)
    await enqueue(tenant, video_id=video_id, subject="a")
    running = await catalog.runs.claim(FlowName.MEDIAN_OCR, 1, "w")
    queued = await enqueue(tenant, video_id=video_id, subject="b")
    deleted = await catalog.videos.delete(video_id, tenant)

    assert deleted.deleted_at is not None
    assert (await catalog.runs.get(queued.id)).state == RunState.CANCELLED
    assert (await catalog.runs.heartbeat(running, "p", 0)).cancel_requested_at is not None
    with pytest.raises(NotFoundError):
        await catalog.videos.get(video_id, tenant)
    with pytest.raises(NotFoundError):
        await _add_again(catalog, tenant, video_id)


async def _add_again(catalog, tenant, video_id):
    return await catalog.videos.insert(
        video_id=video_id,
        tenant_id=tenant,
        uploaded_by=None,
        title="again",
        folder="",
        storage_key=f"{tenant}/client/videos/{video_id}/video.mp4",
        size_bytes=1,
    )


async def test_work_that_comes_while_a_video_is_deleted_does_not_stay(
    catalog, tenant, add_video, enqueue
):
    """Either the video is gone first, or the run is cancelled with it."""
    for _ in range(10):
        video_id = await add_video(tenant)
        await asyncio.gather(
            *(enqueue(tenant, video_id=video_id, subject=subject) for subject in "abc"),
            catalog.videos.delete(video_id, tenant),
            *(enqueue(tenant, video_id=video_id, subject=subject) for subject in "def"),
            return_exceptions=True,
        )
        left = await catalog.runs.of_video(video_id, tenant)
        assert {run.state for run in left} <= {RunState.CANCELLED}


async def test_a_video_that_was_added_is_added_once(catalog, tenant, add_video):
    """A repeated completion finds it as it is."""
    video_id = await add_video(tenant, title="first")
    assert (await _add_again(catalog, tenant, video_id)).title == "first"


async def test_versions_replace_each_other(catalog, tenant, add_video):
    """One is active; making an older one active afterwards is refused."""
    video_id = await add_video(tenant)
    for version in (1, 2, 3):
        await catalog.versions.ensure(video_id, tenant, version, _PREDICTED)
    await catalog.versions.activate(video_id, 1, 10)
    await catalog.versions.activate(video_id, 3, 30)
    await catalog.versions.activate(video_id, 3, 30)
    for refused in (2, 9):
        with pytest.raises(ConflictError):
            await catalog.versions.activate(video_id, refused, 20)

    newest, middle, oldest = await catalog.versions.of_video(video_id, tenant)
    assert (newest.version, newest.state, newest.frame_count) == (3, VersionState.ACTIVE, 30)
    assert newest.activated_at is not None
    assert (middle.state, oldest.state) == (VersionState.PROCESSING, VersionState.SUPERSEDED)
    assert (await catalog.videos.get(video_id, None)).active_version == 3


async def test_versions_that_are_ready_at_the_same_time(catalog, tenant, add_video):
    """The newest is active in the end, whichever came first."""
    video_id = await add_video(tenant)
    for version in range(1, 7):
        await catalog.versions.ensure(video_id, tenant, version, _PREDICTED)
    activations = [catalog.versions.activate(video_id, version, 10) for version in range(1, 7)]
    outcomes = await asyncio.gather(*activations, return_exceptions=True)

    assert {one.message for one in outcomes if one} <= {
        f"Version {version} was replaced by a newer one." for version in range(1, 6)
    }
    assert (await catalog.videos.get(video_id, None)).active_version == 6


async def test_approvals_at_the_same_time_get_different_versions(catalog, tenant, add_video):
    """Also counting those that were only asked for."""
    video_id = await add_video(tenant)
    assert await catalog.versions.next(video_id) == 1

    async def approve(_):
        async with catalog.transaction() as tx:
            version = await tx.versions.next(video_id)
            await tx.runs.enqueue(
                FlowName.CROP_AND_INFER,
                tenant_id=tenant,
                video_id=video_id,
                idempotency_key=f"crop:{video_id}:v{version}",
                subject=f"v{version}",
                parameters={"version": version},
            )
        return version

    assert sorted(await asyncio.gather(*map(approve, range(8)))) == list(range(1, 9))


async def test_a_version_is_of_one_region(catalog, tenant, add_video):
    """Asked for again it is the same; with another region it is refused."""
    video_id = await add_video(tenant)
    first = await catalog.versions.ensure(video_id, tenant, 1, _PREDICTED)
    assert await catalog.versions.ensure(video_id, tenant, 1, _PREDICTED) == first
    with pytest.raises(ConflictError):
        await catalog.versions.ensure(video_id, tenant, 1, _APPROVED)


async def _upload(catalog, tenant, user, **fields):
    return await catalog.uploads.create(
        **{
            "tenant_id": tenant,
            "user_id": user,
            "video_id": str(uuid.uuid4()),
            "filename": "a.mp4",
            "folder": "",
            "size_bytes": 10,
            "fingerprint": "f1",
            "storage_key": "k",
            "multipart_id": "m",
            "part_size_bytes": 5,
            **fields,
        }
    )


async def test_an_upload_is_found_again(catalog, tenant):
    """By the same user and the same file only, as long as it is open."""
    user = str(uuid.uuid4())
    upload = await _upload(catalog, tenant, user)
    find = catalog.uploads.find_open
    assert await find(tenant, user, "f1", 10) == upload
    assert await find(tenant, user, "f1", 11) is None
    assert await find(tenant, user, "f2", 10) is None
    assert await find(tenant, str(uuid.uuid4()), "f1", 10) is None
    assert await find(tenant, None, "f1", 10) is None
    with pytest.raises(NotFoundError):
        await catalog.uploads.get(upload.id, str(uuid.uuid4()))
    await catalog.uploads.abort(upload.id, tenant)
    assert await find(tenant, user, "f1", 10) is None


async def test_an_upload_ends_once(catalog, tenant):
    """Completed or aborted; the same word again changes nothing, the other is refused."""
    ended = await _upload(catalog, tenant, None)
    dropped = await _upload(catalog, tenant, None)
    for _ in range(2):
        assert (await catalog.uploads.complete(ended.id, tenant)).state == "completed"
        assert (await catalog.uploads.abort(dropped.id, tenant)).state == "aborted"
    with pytest.raises(ConflictError):
        await catalog.uploads.abort(ended.id, tenant)
    with pytest.raises(ConflictError):
        await catalog.uploads.complete(dropped.id, tenant)


async def test_forgotten_uploads_are_found(catalog, tenant, sql):
    """Open ones whose time is over are ended, and found until the store has nothing of them."""
    old, _ = [await _upload(catalog, tenant, None) for _ in range(2)]
    sql("update captionacc.uploads set expires_at = now() where id = %s", old.id)

    assert [upload.id for upload in await catalog.uploads.abort_expired()] == [old.id]
    assert await catalog.uploads.abort_expired() == []
    assert old.id in [upload.id for upload in await catalog.uploads.to_drop()]
    await catalog.uploads.dropped(old.id)
    assert old.id not in [upload.id for upload in await catalog.uploads.to_drop()]


async def test_a_quota_counts_videos_and_uploads(catalog, tenant, add_video, sql):
    """Without one anything may come; deleted videos and ended uploads count no more."""
    assert await catalog.tenants.storage_left(tenant) is None
    sql("update captionacc.tenants set storage_quota_bytes = 5000 where id = %s", tenant)
    await add_video(tenant)
    await catalog.videos.delete(await add_video(tenant), tenant)
    await _upload(catalog, tenant, None)

    assert await catalog.tenants.storage_left(tenant) == 3990


async def test_the_local_tenant_is_made_once(catalog):
    """Whoever asks first, and all the same for several."""
    answers = await asyncio.gather(*(catalog.tenants.ensure_local() for _ in range(8)))
    tenant_id, user_id = answers[0]

    assert set(answers) == {(tenant_id, user_id)}
    assert (await catalog.tenants.of_user(user_id)).id == tenant_id
    assert await catalog.tenants.of_user(str(uuid.uuid4())) is None
