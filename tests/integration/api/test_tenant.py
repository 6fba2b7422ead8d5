"""The tenant: its pauses and quotas, as members see them."""

from .world import REGION

REGION_BODY = {"crop_region": list(REGION.as_tuple())}


def _kinds(tenant):
    return [hold["kind"] for hold in tenant["holds"]]


def test_nothing_holds_a_new_tenant(member):
    """Its queue moves, and anything may be processed."""
    told = member.ok("GET", "/v1/tenant")
    assert (told["id"], told["holds"]) == (member.tenant_id, [])
    quota = told["quota"]
    assert (quota["videos_per_month"], quota["minutes_per_month"], quota["is_over"]) == (
        None,
        None,
        False,
    )


def test_pause_and_resume(world, member):
    """What waits says why, wherever it is shown; other tenants go on."""
    video = world.new_video(member.tenant_id)
    path = f"/v1/videos/{video.id}"
    member.ok("POST", f"{path}/actions/approve-layout", REGION_BODY)
    assert member.ok("GET", path)["work"]["held_by"] is None
    paused = member.ok("POST", "/v1/tenant/actions/pause", {"reason": "at night only"})
    assert [hold["reason"] for hold in paused["holds"]] == ["at night only"]
    assert member.ok("GET", path)["work"]["held_by"] == "at night only"
    (listed,) = member.ok("GET", "/v1/videos")["videos"]
    assert listed["work"]["held_by"] == "at night only"
    assert world.new_member().ok("GET", "/v1/tenant")["holds"] == []

    for _ in range(2):
        assert member.ok("POST", "/v1/tenant/actions/resume")["holds"] == []
    assert member.ok("GET", path)["work"]["held_by"] is None


def test_pause_without_a_reason(member):
    """A reason of ours is shown then; an empty or endless one is refused."""
    assert member.ok("POST", "/v1/tenant/actions/pause")["holds"][0]["reason"]
    for reason in ("", "  ", "x" * 501, 7):
        member.refused("POST", "/v1/tenant/actions/pause", 422, {"reason": reason}, code="usage")


def test_members_do_not_lift_the_operators_pause(world, member):
    """Only who has paused a tenant for a reason of the operator's resumes it."""
    world.query(
        "update captionacc.tenants set paused_reason = 'Not paid.' where id = %s", member.tenant_id
    )
    refused = member.refused("POST", "/v1/tenant/actions/resume", 403, code="forbidden")
    assert "Not paid." in refused["detail"]
    assert _kinds(member.ok("GET", "/v1/tenant")) == ["operator"]


def test_a_used_up_quota_is_told(world, member):
    """New videos wait, and say until when; what was begun goes on."""
    world.query(
        "update captionacc.tenants set videos_per_month = 1 where id = %s", member.tenant_id
    )
    begun = world.new_video(member.tenant_id)
    new = world.new_video(member.tenant_id, is_looked_at=False)
    record = {"id": new.id, "tenant_id": member.tenant_id}
    event = {"type": "INSERT", "table": "videos", "schema": "captionacc", "old_record": None}
    assert world.api.deliver(event | {"record": record}).status_code == 202
    member.ok("POST", f"/v1/videos/{begun.id}/actions/approve-layout", REGION_BODY)
    assert "videos: 1" in member.ok("GET", f"/v1/videos/{new.id}")["work"]["held_by"]
    assert member.ok("GET", f"/v1/videos/{begun.id}")["work"]["held_by"] is None
    assert _kinds(member.ok("GET", "/v1/tenant")) == ["quota"]
