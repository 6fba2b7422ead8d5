"""Local sessions: for this machine alone."""

import jwt
import pytest

from .world import JWT_SECRET, Api, problem


@pytest.fixture(scope="module")
def local_api(api_environment, tmp_path_factory):
    """An API that signs in clients on this machine."""
    with Api(tmp_path_factory.mktemp("local"), api_environment, has_local_session=True) as running:
        yield running


def test_session(local_api):
    """A session is a token that works, always for the same tenant, and it expires."""
    session = local_api.http.post("/v1/session").json()
    payload = jwt.decode(session["access_token"], JWT_SECRET, ["HS256"], audience="authenticated")
    assert payload["sub"] == session["user_id"]
    assert payload["exp"] - payload["iat"] == 3600
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    assert local_api.http.get("/v1/videos", headers=headers).is_success
    again = local_api.http.post("/v1/session").json()
    assert (again["tenant_id"], again["user_id"]) == (session["tenant_id"], session["user_id"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "http://localhost@evil.example"},
        {"Origin": "file://"},
        {"Sec-Fetch-Site": "cross-site"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Real-IP": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
    ],
    ids=str,
)
def test_not_from_elsewhere(local_api, headers):
    """Neither other names, nor pages from elsewhere, nor proxies get a session."""
    problem(local_api.http.post("/v1/session", headers=headers), 403, "forbidden")


@pytest.mark.parametrize("origin", ["http://localhost:5173", "http://127.0.0.1", "http://[::1]:1"])
def test_pages_of_this_machine(local_api, origin):
    """Our own page may sign in."""
    assert local_api.http.post("/v1/session", headers={"Origin": origin}).is_success


def test_is_off_by_default(api):
    """Nobody is signed in where that was not asked for."""
    problem(api.http.post("/v1/session"), 403, "forbidden")


def test_rate(new_api):
    """Sessions cannot be made without end."""
    with new_api(has_local_session=True) as running:
        answers = [running.http.post("/v1/session") for _ in range(200)]
        refused = [answer for answer in answers if not answer.is_success]
        assert answers[0].is_success
        problem(refused[0], 429, "service_unavailable")
        assert refused[0].headers["retry-after"]
