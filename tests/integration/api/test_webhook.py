"""The database's webhook: one run for each video, whatever is delivered."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from .world import new_id, problem


@pytest.fixture
def video(world, member):
    """A video that nobody has looked at."""
    return world.new_video(member.tenant_id, is_looked_at=False)


def event(video, **changes):
    """What the database says of it."""
    record = {"id": video.id, "tenant_id": video.tenant_id, "title": video.title, "error": None}
    body = {"type": "INSERT", "table": "videos", "schema": "captionacc", "record": record}
    return body | {"old_record": None} | changes


def runs(member, video):
    """Its runs."""
    return member.ok("GET", f"/v1/videos/{video.id}/runs")["runs"]


def test_queues_a_run(api, member, video):
    """An insert is one queued run, also if it is told twice, or late."""
    answer = api.deliver(event(video))
    assert answer.status_code == 202
    (run,) = runs(member, video)
    assert answer.json() == {"run_id": run["id"]}
    assert (run["flow"], run["state"]) == ("video-initial-processing", "queued")
    assert api.deliver(event(video)).json() == answer.json()
    assert len(runs(member, video)) == 1


def test_many_at_once(api, member, video):
    """Of many deliveries at once there is still one run."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.deliver(event(video)), range(24)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["run_id"] for answer in answers}) == 1
    assert len(runs(member, video)) == 1


def test_late(api, video, world):
    """A delivery that comes after the run has ended is the same run."""
    run_id = api.deliver(event(video)).json()["run_id"]
    world.run_to_failure(run_id)
    assert api.deliver(event(video)).json()["run_id"] == run_id


@pytest.mark.parametrize("secret", ["", "wrong", "the tests' webhoo", "the tests' webhook."])
def test_wrong_secret(api, member, video, secret):
    """Without the secret nothing happens, and nothing is said of the body."""
    for body in (event(video), {}, b"\x00"):
        answer = api.deliver(body, secret)
        assert answer.status_code in ({401} if body != b"\x00" else {401, 422})
    assert runs(member, video) == []


def test_no_secret(api, video):
    """The header cannot be left out."""
    answer = httpx.post(f"{api.url}/v1/webhooks/supabase", json=event(video))
    problem(answer, 401, "unauthenticated")


def test_refused_bodies(api, member, video, world):
    """What is no insert of this tenant's video is refused, and nothing is queued."""
    stranger = world.new_member()
    record = event(video)["record"]
    refused = [
        event(video, table="tenants"),
        event(video, schema="public"),
        event(video, type="DELETE"),
        event(video, type="UPDATE", old_record=record),
        event(video, record=record | {"tenant_id": stranger.tenant_id}),
        event(video, record=record | {"tenant_id": new_id()}),
        event(video, record=record | {"id": new_id()}),
        event(video, record=record | {"id": "x' or 1=1 --"}),
        event(video, record={}),
        event(video, record=None),
        event(video, extra="x"),
        [event(video)],
        "x",
        b"",
        b"{",
        b"[" * 100_000,
        b'{"record":' * 20_000,
        json.dumps(event(video)).encode()[:-1],
    ]
    for body in refused:
        problem(api.deliver(body), 422, "usage")
    for body in (b"\x00" * (1 << 20), b"[" * (1 << 20), b'{"a": "' + b"x" * (1 << 20) + b'"}'):
        problem(api.deliver(body), 413, "usage")
    assert runs(member, video) == []


def test_deleted_video(api, member, video):
    """A video that is gone by then is not processed."""
    member.ok("DELETE", f"/v1/videos/{video.id}")
    problem(api.deliver(event(video)), 422, "usage")
