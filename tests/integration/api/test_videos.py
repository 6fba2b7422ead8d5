"""Videos: listed, looked at, renamed, removed; runs."""

from datetime import datetime, timedelta

import pytest

from .world import REGION, new_id


def test_list_in_pages(world, member):
    """All videos come, the newest first, in pages that fit together."""
    ids = [world.new_video(member.tenant_id, title=f"{n}.mp4").id for n in range(5)][::-1]
    found, before = [], None
    while True:
        options = {"params": {"limit": 2} | ({"before": before} if before else {})}
        page = member.ok("GET", "/v1/videos", **options)
        found += [one["id"] for one in page["videos"]]
        assert len(page["videos"]) <= 2
        before = page["next"]
        if before is None:
            break
    assert found == ids
    exact = member.ok("GET", "/v1/videos", params={"limit": 5})
    assert exact["next"] is None


def test_list_of_a_folder(world, member):
    """One folder can be listed alone."""
    one, _ = (world.new_video(member.tenant_id) for _ in range(2))
    member.ok("PATCH", f"/v1/videos/{one.id}", {"folder": "season 1"})
    found = member.ok("GET", "/v1/videos", params={"folder": "season 1"})["videos"]
    assert [video["id"] for video in found] == [one.id]


def test_search(world, member):
    """Titles are found by a part of them in whatever case; signs of patterns mean themselves."""
    titles = ("Summer 50%.mp4", "winter_a.mp4", "Zimní.mp4")
    for title in titles:
        world.new_video(member.tenant_id, title=title)

    def found(search):
        listed = member.ok("GET", "/v1/videos", params={"search": search})["videos"]
        return [video["title"] for video in listed]

    assert found("WINTER") == ["winter_a.mp4"]
    assert found("ZIMNÍ") == ["Zimní.mp4"]
    assert found("%") == ["Summer 50%.mp4"]
    assert found("r_a") == ["winter_a.mp4"]
    assert found("nothing") == []


def test_folders(world, member):
    """Each folder that holds a video is listed with how many; a deleted one does not count."""
    videos = [world.new_video(member.tenant_id) for _ in range(4)]
    for video in videos[:3]:
        member.ok("PATCH", f"/v1/videos/{video.id}", {"folder": "season 1"})
    member.ok("DELETE", f"/v1/videos/{videos[0].id}", status=204)
    assert member.ok("GET", "/v1/folders")["folders"] == [
        {"name": "", "video_count": 1},
        {"name": "season 1", "video_count": 2},
    ]


def test_thumbnail(world, member):
    """A video that was looked at has a picture, also when deleted, signed for who may see it."""
    video = world.new_video(member.tenant_id)
    url = member.ok("GET", f"/v1/videos/{video.id}")["thumbnail_url"]
    frame = f"thumbnails/frame_{video.frame_count // 2:06d}.jpg"
    middle = f"/{member.tenant_id}/client/videos/{video.id}/{frame}"
    assert middle in url
    (listed,) = member.ok("GET", "/v1/videos")["videos"]
    assert middle in listed["thumbnail_url"]
    member.ok("DELETE", f"/v1/videos/{video.id}", status=204)
    (deleted,) = member.ok("GET", "/v1/deleted-videos")["videos"]
    assert middle in deleted["thumbnail_url"]


@pytest.mark.parametrize(
    "params",
    [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"before": "x"}, {"folder": "a\0b"}],
    ids=str,
)
def test_list_refuses(member, params):
    """Parameters that cannot work are named."""
    told = member.refused("GET", "/v1/videos", 422, code="usage", params=params)
    assert told["errors"][0]["where"] == f"query.{next(iter(params))}"


def test_video(world, member):
    """A video tells where it stands, without what is the server's own business."""
    video = world.new_video(member.tenant_id)
    told = member.ok("GET", f"/v1/videos/{video.id}")
    assert told["title"] == "film.mp4"
    assert told["status"] == "active"
    assert told["layout_status"] == "annotate"
    assert told["crop_region"] == list(REGION.as_tuple())
    assert (told["width"], told["height"], told["fps"]) == (1280, 720, 25.0)
    assert told["error"] is None
    assert not {"storage_key", "tenant_id", "uploaded_by"} & told.keys()


def test_work(world, member):
    """A video tells what is being done for it."""
    video = world.new_video(member.tenant_id)
    assert member.ok("GET", f"/v1/videos/{video.id}")["work"] is None
    run_id = member.ok("POST", f"/v1/videos/{video.id}/actions/approve-layout", REGION_BODY)[
        "run_id"
    ]
    work = member.ok("GET", f"/v1/videos/{video.id}")["work"]
    assert (work["run_id"], work["flow"], work["state"]) == (run_id, "crop-and-infer", "queued")
    (listed,) = member.ok("GET", "/v1/videos")["videos"]
    assert listed["work"] == work


REGION_BODY = {"crop_region": list(REGION.as_tuple())}


def test_change(world, member):
    """Title and folder change, together or alone."""
    path = f"/v1/videos/{world.new_video(member.tenant_id).id}"
    assert member.ok("PATCH", path, {"title": "new"})["title"] == "new"
    told = member.ok("PATCH", path, {"title": "ÿ · 字幕 🎬", "folder": "f"})
    assert (told["title"], told["folder"]) == ("ÿ · 字幕 🎬", "f")
    assert member.ok("PATCH", path, {"folder": ""})["folder"] == ""
    assert member.ok("GET", path)["title"] == "ÿ · 字幕 🎬"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": ""},
        {"title": "x" * 501},
        {"title": "a\nb"},
        {"title": "a\0"},
        {"title": 7},
        {"folder": "x" * 501},
        {"status": "done"},
        {"title": "x", "tenant_id": "y"},
        [],
    ],
    ids=str,
)
def test_change_refuses(world, member, body):
    """Only title and folder can be changed, and only to what can be shown."""
    path = f"/v1/videos/{world.new_video(member.tenant_id).id}"
    member.refused("PATCH", path, 422, body, code="usage")


def test_delete(world, member):
    """A removed video is gone, and so is its work."""
    video = world.new_video(member.tenant_id)
    path = f"/v1/videos/{video.id}"
    run_id = member.ok("POST", f"{path}/actions/approve-layout", REGION_BODY)["run_id"]
    member.ok("DELETE", path, status=204)
    for method, where in (("GET", path), ("DELETE", path), ("GET", f"{path}/runs")):
        member.refused(method, where, 404, code="not_found")
    assert member.ok("GET", "/v1/videos")["videos"] == []
    assert member.ok("GET", f"/v1/runs/{run_id}")["state"] == "cancelled"
    audit = world.query(
        "select action, user_id::text from captionacc.audit_log where video_id = %s order by id",
        video.id,
    )
    assert audit == [("approve-layout", member.user_id), ("delete-video", member.user_id)]


def test_cancel(world, member):
    """A queued run ends at once, a running one is asked to, and one that has ended cannot."""
    video = world.new_video(member.tenant_id)
    path = f"/v1/videos/{video.id}/actions"
    run_id = member.ok("POST", f"{path}/approve-layout", REGION_BODY)["run_id"]
    cancel = f"/v1/runs/{run_id}/actions/cancel"
    assert member.ok("POST", cancel, status=202) == {"run_id": run_id}
    assert member.ok("GET", f"/v1/runs/{run_id}")["state"] == "cancelled"
    again = member.ok("POST", f"{path}/retry", status=202)["run_id"]
    world.query("update captionacc.processing_runs set state = 'running' where id = %s", again)
    member.ok("POST", f"/v1/runs/{again}/actions/cancel", status=202)
    run = member.ok("GET", f"/v1/runs/{again}")
    assert run["state"] == "running"
    assert run["cancel_requested_at"]
    world.query(
        "update captionacc.processing_runs set state = 'succeeded', cancel_requested_at = null"
        " where id = %s",
        again,
    )
    member.refused("POST", f"/v1/runs/{again}/actions/cancel", 409, code="conflict")


def test_unknown(member):
    """What does not exist is not found."""
    for path in (f"/v1/videos/{new_id()}", f"/v1/runs/{new_id()}", f"/v1/uploads/{new_id()}"):
        member.refused("GET", path, 404, code="not_found")
    for path in ("/v1/videos/x", "/v1/runs/1", "/v1/uploads/%00"):
        member.refused("GET", path, 422, code="usage")


def test_cancel_all_work(world, member):
    """Whatever is queued or under way for the video ends; without any it is a conflict."""
    video = world.new_video(member.tenant_id)
    path = f"/v1/videos/{video.id}/actions"
    member.refused("POST", f"{path}/cancel", 409, code="conflict")
    run_id = member.ok("POST", f"{path}/approve-layout", REGION_BODY)["run_id"]
    answer = member.ok("POST", f"{path}/cancel", status=202)
    assert answer == {"run_id": run_id, "run_ids": [run_id]}
    assert member.ok("GET", f"/v1/runs/{run_id}")["state"] == "cancelled"
    assert member.ok("POST", f"{path}/retry", status=202)["run_ids"] != [run_id]


def test_restore(world, member):
    """A deleted video is listed with its last day, and comes back with its work."""
    video = world.new_video(member.tenant_id)
    path = f"/v1/videos/{video.id}"
    member.ok("POST", f"{path}/actions/approve-layout", REGION_BODY)
    member.refused("POST", f"{path}/actions/restore", 404, code="not_found")
    member.ok("DELETE", path, status=204)
    (deleted,) = member.ok("GET", "/v1/deleted-videos")["videos"]
    assert deleted["id"] == video.id
    days = datetime.fromisoformat(deleted["purge_at"]) - datetime.fromisoformat(
        deleted["deleted_at"]
    )
    assert days == timedelta(days=7)
    stranger = world.new_member()
    stranger.refused("POST", f"{path}/actions/restore", 404, code="not_found")
    assert stranger.ok("GET", "/v1/deleted-videos")["videos"] == []

    assert member.ok("POST", f"{path}/actions/restore", status=200)["deleted_at"] is None
    assert member.ok("GET", path)["work"]["state"] == "queued"
    assert member.ok("GET", "/v1/deleted-videos")["videos"] == []
    actions = world.query(
        "select action from captionacc.audit_log where video_id = %s order by id", video.id
    )
    assert [action for (action,) in actions][1:] == ["delete-video", "restore-video"]
