"""What the API says of itself, and what every answer has in common."""

import socket

import httpx
import pytest

from .world import problem, wait_until


def test_ready_once_everything_is_there(api):
    """It becomes ready by itself."""
    assert api.http.get("/readyz").json() == {"is_ready": True, "missing": {}}


def test_lives_without_a_database(new_api):
    """It answers at once while the database is down, and says that this is what is missing."""
    with new_api(is_lonely=True, database_url="postgresql://nobody@127.0.0.1:1/nothing") as lonely:
        answer = lonely.http.get("/readyz")
        assert answer.status_code == 503
        assert "nobody" not in answer.text
        assert set(answer.json()["missing"]) == {"catalog"}
        event = {
            "type": "INSERT",
            "table": "videos",
            "schema": "captionacc",
            "record": {"id": "0" * 32, "tenant_id": "0" * 32},
            "old_record": None,
        }
        problem(lonely.deliver(event), 503, "catalog")
        problem(lonely.http.get("/metrics"), 503, "catalog")


@pytest.mark.usefixtures("api")  # whose database was copied from the same template
def test_finds_the_database_later(new_api, postgres):
    """A process that began without its database goes on once there is one."""
    name = "comes_later"
    with new_api(is_lonely=True, database_url=postgres.url(name)) as early:
        assert not early.is_ready()
        postgres.create_database(name, "migrated")
        wait_until(early.is_ready, "the database")


def test_lives_without_an_object_store(new_api):
    """It names a store that does not answer, and lives on."""
    with new_api(is_lonely=True, s3_endpoint="http://127.0.0.1:1") as lonely:
        wait_until(
            lambda: set(lonely.http.get("/readyz").json()["missing"]) == {"object_store"},
            "the verdict",
            60,
        )
        assert lonely.http.get("/healthz").is_success


def test_metrics(api, world, member):
    """Prometheus sees the queue and the requests by route."""
    video = world.new_video(member.tenant_id, is_looked_at=False)
    run_id = api.deliver(row(video)).json()["run_id"]
    member.ok("GET", f"/v1/videos/{video.id}")
    text = api.http.get("/metrics").text
    assert 'captionacc_runs{flow="video-initial-processing",state="queued"}' in text
    assert 'captionacc_requests_total{route="/v1/videos/{video_id}",status="200"}' in text
    assert video.id not in text
    assert run_id not in text
    (oldest,) = [
        float(line.split()[-1])
        for line in text.splitlines()
        if line.startswith('captionacc_oldest_queued_seconds{flow="video-initial')
    ]
    assert oldest > 0


def row(video):
    """What the database says of a new video."""
    return {
        "type": "INSERT",
        "table": "videos",
        "schema": "captionacc",
        "record": {"id": video.id, "tenant_id": video.tenant_id, "title": video.title},
        "old_record": None,
    }


def test_safe_headers(api):
    """Every answer can be found in the log, and no browser may guess, frame or keep it."""
    for path in ("/healthz", "/v1/videos", "/nothing"):
        headers = api.http.get(path).headers
        assert len(headers["x-request-id"]) == 32
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/v1/videos/x/y/z", 404),
        ("POST", "/healthz", 405),
        ("OPTIONS", "/v1/videos", 405),
        ("HEAD", "/v1/events", 405),
    ],
)
def test_problems_of_the_framework(api, method, path, status):
    """What no route takes is a problem like all others."""
    answer = api.http.request(method, path)
    if method == "HEAD":
        assert answer.status_code == status
    else:
        problem(answer, status)


def test_another_host(api):
    """A name that somebody's DNS points to this machine is not ours."""
    for host in ("evil.example", f"evil.example:{api.port}", "127.0.0.1.evil.example", "", "a@b"):
        problem(api.http.get("/healthz", headers={"Host": host}), 403, "forbidden")
    for host in ("localhost", f"localhost:{api.port}", "[::1]:80", "127.0.0.1"):
        assert api.http.get("/healthz", headers={"Host": host}).is_success


def test_another_host_that_is_ours(new_api):
    """A proxy on this machine may be named in the settings."""
    with new_api(api_url="https://captions.example/") as proxied:
        for host, status in {"captions.example": 200, "evil.example": 403}.items():
            answer = proxied.http.get("/healthz", headers={"Host": host})
            assert answer.status_code == status


@pytest.mark.parametrize("is_announced", [True, False])
def test_large_bodies(api, member, is_announced):
    """A body that is too large is refused, whether or not its size is announced."""
    body = b'{"title": "' + b"x" * (100 << 10) + b'"}'
    content = body if is_announced else iter([body[:1000], body[1000:]])
    answer = httpx.post(
        f"{api.url}/v1/uploads",
        content=content,
        headers={"Authorization": f"Bearer {member.token}", "Content-Type": "application/json"},
    )
    problem(answer, 413, "usage")


def test_huge_bodies(api):
    """What is announced as a terabyte is refused without waiting for it."""
    request = f"POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: {1 << 40}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", api.port), timeout=20) as connection:
        connection.sendall(request.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[" * 5000, b'{"a":' * 5000, b"\xff\xfe", b'"\\ud800"', b"[]", b"null"],
)
def test_bodies_that_are_no_json(member, body):
    """Rubbish is the client's mistake, not ours."""
    answer = member.http.post(
        "/v1/uploads", content=body, headers={"Content-Type": "application/json"}
    )
    assert problem(answer, 422, "usage")["detail"]
