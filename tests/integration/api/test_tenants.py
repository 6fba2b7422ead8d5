"""Nothing crosses tenants: every operation, as the API's description lists them."""

import pytest

from .test_objects import NAMES
from .world import REGION, new_id, problem

OPEN = {
    "get_health",
    "get_readiness",
    "get_metrics",
    "get_client_config",
    "create_session",
    "accept_inserted_video",
}
"""Operations that take no user's token."""

BODIES = {
    "sign_parts": {"numbers": [1]},
    "change_video": {"title": "mine now"},
    "approve_layout": {"crop_region": list(REGION.as_tuple())},
    "add_caption": {"start_s": 0.0, "end_s": 1.0, "text": "x"},
    "correct_caption": {"text": "mine now"},
}
"""Good ones, for the operations that need one."""


def operations(api):
    """Operation id, method, path and parameters of all that there is."""
    for path, methods in api.http.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            yield operation["operationId"], method.upper(), path, operation


@pytest.fixture(scope="module")
def victim(world):
    """Somebody with an upload, a video with a run and captions under way, and a lease."""
    member = world.new_member()
    video = world.new_video(member.tenant_id)
    upload = member.ok("POST", "/v1/uploads", {"filename": "f", "size_bytes": 5})
    body = {"crop_region": list(REGION.as_tuple())}
    run_id = member.ok("POST", f"/v1/videos/{video.id}/actions/approve-layout", body)["run_id"]
    member.ok("POST", f"/v1/videos/{video.id}/databases/captions/lock")
    world.query("update captionacc.videos set active_version = 1 where id = %s", video.id)
    ids = {"video_id": video.id, "upload_id": upload["id"], "run_id": run_id}
    member.ids = ids | {"caption_id": "1", "database": "layout"}
    return member


def state_of(world, victim):
    """Everything that the database has of the tenant."""
    tables = ("videos", "processing_runs", "uploads", "video_database_state", "events")
    statement = "select * from captionacc.{} where tenant_id = %s order by 1, 2"
    return [world.query(statement.format(table), victim.tenant_id) for table in tables]


def test_other_tenants_ids(api, world, victim):
    """With another tenant's ids everything is not found, and nothing changes."""
    stranger = world.new_member()
    before = state_of(world, victim)
    tried = []
    for name, method, path, operation in operations(api):
        needed = [one["name"] for one in operation.get("parameters", []) if one["in"] == "path"]
        if not needed or "/internal/" in path:
            continue
        options = {"params": {"name": NAMES[0], "format": "srt"}}
        answer = stranger.http.request(
            method, path.format(**victim.ids), json=BODIES.get(name), **options
        )
        problem(answer, 404, "not_found")
        tried.append(name)
    assert len(tried) >= 20
    assert state_of(world, victim) == before


def test_lists_are_ones_own(world, victim):
    """Neither lists nor cursors show what is another tenant's."""
    stranger = world.new_member()
    own = world.new_video(stranger.tenant_id)
    found = stranger.ok("GET", "/v1/videos")["videos"]
    assert [video["id"] for video in found] == [own.id]
    page = stranger.ok("GET", "/v1/videos", params={"before": victim.ids["video_id"]})
    assert page["videos"] == []


def test_everything_needs_a_token(api):
    """Without a token every operation is refused before anything else is looked at."""
    some = {"video_id": new_id(), "upload_id": new_id(), "run_id": new_id(), "caption_id": "1"}
    for name, method, path, operation in operations(api):
        if name in OPEN:
            assert "security" not in operation
            continue
        assert operation["security"]
        for token in ("", "Bearer x"):
            headers = {"Authorization": token}
            url = path.format(**some, database="layout")
            problem(api.http.request(method, url, headers=headers), 401, "unauthenticated")


def test_invalid_ids_need_a_token(api):
    """Also what is not valid is only told to those who are known."""
    problem(api.http.get("/v1/videos/x"), 401)
    problem(api.http.post("/v1/uploads", json={"x": "y"}), 401)
