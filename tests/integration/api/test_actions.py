"""Approval, retry and declaring done."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from captionacc.databases.layout import LayoutConfig, write_layout
from captionacc.databases.packing import pack
from captionacc.model.geometry import CropRegion
from captionacc.storage.keys import VideoKeys
from captionacc.storage.s3 import S3Store

from .scene import access_of
from .world import REGION, new_id

HERE = list(REGION.as_tuple())
THERE = [0.1, 0.7, 0.9, 0.95]


@pytest.fixture
def video(world, member):
    """A video whose layout awaits a person."""
    return world.new_video(member.tenant_id)


def path_of(video, action="approve-layout"):
    """Where the action is."""
    return f"/v1/videos/{video.id}/actions/{action}"


def approve(member, video, region=HERE):
    """The run's id."""
    body = {"crop_region": region}
    return member.ok("POST", path_of(video), body, status=202)["run_id"]


def run_of(member, run_id):
    """The run."""
    return member.ok("GET", f"/v1/runs/{run_id}")


def parameters(world, run_id):
    """What the flow is given."""
    statement = "select parameters from captionacc.processing_runs where id = %s"
    return world.query(statement, run_id)[0][0]


def put_layout(object_store, folder, video, region):
    """The video's layout database, with this region."""
    path, packed = folder / "layout.db", folder / "layout.db.gz"
    write_layout(path, LayoutConfig(1280, 720, region), ())
    pack(path, packed)
    key = VideoKeys(video.tenant_id, video.id).layout_db
    S3Store(access_of(object_store)).put_file(key, packed)


def test_approve(world, member, video):
    """An approval is a run of version 1 with the region; the same region again is the same run."""
    run_id = approve(member, video)
    run = run_of(member, run_id)
    assert (run["flow"], run["state"], run["subject"]) == ("crop-and-infer", "queued", "v1")
    assert parameters(world, run_id) == {"crop_region": HERE, "version": 1}
    assert member.ok("GET", f"/v1/videos/{video.id}")["layout_status"] == "done"
    assert approve(member, video) == run_id
    for state in ("running", "succeeded"):
        world.query("update captionacc.processing_runs set state = %s where id = %s", state, run_id)
        assert approve(member, video) == run_id


def test_approve_at_once(member, video):
    """Of many approvals at once each region has one run, and each run a version of its own."""
    regions = [HERE, THERE, HERE, THERE] * 3
    with ThreadPoolExecutor(6) as pool:
        asked = list(pool.map(lambda region: approve(member, video, region), regions))
    runs = [run_of(member, run_id) for run_id in set(asked)]
    subjects = [run["subject"] for run in runs]
    assert len(set(subjects)) == len(subjects)


def test_another_region(world, member, video):
    """Another region makes the next version, in place of one that waits; going back one more."""
    first = approve(member, video)
    second = approve(member, video, THERE)
    assert run_of(member, first)["state"] == "cancelled"
    third = approve(member, video)
    assert len({first, second, third}) == 3
    assert parameters(world, second) == {"crop_region": THERE, "version": 2}
    assert parameters(world, third) == {"crop_region": HERE, "version": 3}


def test_approve_after_a_failure(world, member, video):
    """After a failure the same region is tried as a new version."""
    first = approve(member, video)
    world.run_to_failure(first)
    second = approve(member, video)
    assert second != first
    assert parameters(world, second)["version"] == 2


def test_region_of_the_layout(world, member, video, object_store, tmp_path):
    """Without a region that of the layout database is taken, as a person has moved it."""
    put_layout(object_store, tmp_path, video, CropRegion(*THERE))
    run_id = member.ok("POST", path_of(video), status=202)["run_id"]
    assert parameters(world, run_id)["crop_region"] == THERE
    assert member.ok("POST", path_of(video), {})["run_id"] == run_id
    assert member.ok("GET", f"/v1/videos/{video.id}")["crop_region"] == THERE


def test_no_captions_found(member, video, object_store, tmp_path):
    """Where no captions were found a person has to say where they are."""
    put_layout(object_store, tmp_path, video, None)
    told = member.refused("POST", path_of(video), 409, code="conflict")
    assert "crop_region" in told["hint"]
    assert approve(member, video)


def test_too_early(world, member):
    """A layout that nobody has looked at cannot be approved."""
    video = world.new_video(member.tenant_id, is_looked_at=False)
    member.refused("POST", path_of(video), 409, code="conflict")
    member.refused("POST", path_of(video), 409, {"crop_region": HERE}, code="conflict")


@pytest.mark.parametrize(
    "region",
    [
        [0.1, 0.2, 0.3],
        [0.1, 0.2, 0.3, 0.4, 0.5],
        [0.5, 0.2, 0.4, 0.4],
        [0, 0, 0, 0],
        [0, 0, 1.1, 1],
        [-0.1, 0, 1, 1],
        ["x", 0, 1, 1],
        "0,0,1,1",
        [None] * 4,
        {},
    ],
    ids=str,
)
def test_refused_regions(member, video, region):
    """What is no part of the frame is refused."""
    member.refused("POST", path_of(video), 422, {"crop_region": region}, code="usage")


def test_region_of_no_numbers(member, video):
    """JSON that is none, as Python writes it, is refused."""
    for number in ("NaN", "Infinity", "-Infinity"):
        answer = member.http.post(
            path_of(video),
            content=f'{{"crop_region": [0, 0, {number}, 1]}}',
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 422


def lock(member, video, database="layout"):
    """Take the lease."""
    return member.ok("POST", f"/v1/videos/{video.id}/databases/{database}/lock", status=200)


def test_approve_while_somebody_edits(world, member, video):
    """Somebody else's lease is in the way and is named; one's own is given back."""
    other = world.new_member(member.tenant_id)
    lock(other, video)
    told = member.refused("POST", path_of(video), 409, {"crop_region": HERE}, code="leased")
    assert other.user_id in told["detail"]
    assert member.ok("GET", f"/v1/videos/{video.id}/runs") == {"runs": []}
    assert approve(other, video)
    state = member.ok("GET", f"/v1/videos/{video.id}/databases/layout")
    assert state["lease"] is None


def test_lock(world, member, video):
    """One holds the lease, renews it, gives it back; another waits, is told who, and takes over."""
    other = world.new_member(member.tenant_id)
    path = f"/v1/videos/{video.id}/databases/captions"
    assert member.ok("GET", path) == {
        "database": "captions",
        "version": 0,
        "etag": None,
        "lease": None,
    }
    lease = lock(member, video, "captions")["lease"]
    assert (lease["kind"], lease["holder"], lease["is_mine"]) == ("user", member.user_id, True)
    renewed = lock(member, video, "captions")["lease"]
    assert renewed["generation"] == lease["generation"]
    assert renewed["expires_at"] >= lease["expires_at"]
    told = other.refused("POST", f"{path}/lock", 409, code="leased")
    assert member.user_id in told["detail"]
    assert other.ok("GET", path)["lease"]["is_mine"] is False
    other.ok("DELETE", f"{path}/lock", status=204)
    assert other.ok("GET", path)["lease"]
    for _ in range(2):
        member.ok("DELETE", f"{path}/lock", status=204)
    taken = lock(other, video, "captions")["lease"]
    assert taken["generation"] > lease["generation"]


def test_expired_lock(world, member, video):
    """A lease that was not renewed is nobody's."""
    lock(member, video)
    world.query(
        "update captionacc.video_database_state set lease_expires_at = now() - interval '1 s'"
        " where video_id = %s",
        video.id,
    )
    other = world.new_member(member.tenant_id)
    assert other.ok("GET", f"/v1/videos/{video.id}/databases/layout")["lease"] is None
    assert approve(other, video)


def test_unknown_database(member, video):
    """There are two databases."""
    for name in ("ocr-server", "x", "LAYOUT"):
        member.refused("GET", f"/v1/videos/{video.id}/databases/{name}", 422, code="usage")


def test_retry(world, member, video):
    """What failed is started again, and the video is no longer in error."""
    member.refused("POST", path_of(video, "retry"), 409, code="conflict")
    run_id = approve(member, video)
    world.run_to_failure(run_id)
    failed = member.ok("GET", f"/v1/videos/{video.id}")
    assert failed["captions_status"] == "error"
    assert failed["error"] == {"code": "bad_input", "message": "No.", "hint": "", "run_id": run_id}
    retried = member.ok("POST", path_of(video, "retry"), status=202)
    assert retried["run_ids"] == [retried["run_id"]]
    assert retried["run_id"] != run_id
    assert parameters(world, retried["run_id"]) == parameters(world, run_id)
    video_now = member.ok("GET", f"/v1/videos/{video.id}")
    assert (video_now["captions_status"], video_now["error"]) == ("wait", None)
    member.refused("POST", path_of(video, "retry"), 409, code="conflict")


@pytest.mark.parametrize("stage", ["captions", "text"])
def test_complete(world, member, video, stage):
    """A stage that awaits a person can be declared done, once it does."""
    action = path_of(video, f"complete-{stage}")
    told = member.refused("POST", action, 409, code="conflict")
    assert "wait" in told["detail"]
    update = "update captionacc.videos set captions_status = %s, text_status = %s where id = %s"
    world.query(update, "annotate", "annotate", video.id)
    for _ in range(2):
        assert member.ok("POST", action, status=200)[f"{stage}_status"] == "done"


def test_unknown_video(member):
    """Nothing can be done with what is not there."""
    for action in ("approve-layout", "retry", "complete-captions", "complete-text"):
        member.refused("POST", f"/v1/videos/{new_id()}/actions/{action}", 404, code="not_found")
