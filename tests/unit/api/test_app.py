"""The application without anything behind it."""

import asyncio
import subprocess
import sys

import httpx
import pytest

from captionacc.api.app import create_app
from captionacc.api.problems import problem_of
from captionacc.errors import (
    CaptionAccError,
    CatalogError,
    MissingDependencyError,
    StoreError,
    UsageError,
)
from captionacc.settings import Settings

GIVEN = {
    "database_url": "postgresql://nobody@127.0.0.1:1/nothing",
    "webhook_secret": "w",
    "service_token": "s",
    "jwt_secret": "x" * 32,
    "s3_access_key_id": "a",
    "s3_secret_access_key": "b",
    "s3_endpoint": "http://127.0.0.1:1",
}


def ask(app, path):
    """The answer, without a network."""

    async def asked():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path)

    return asyncio.run(asked())


@pytest.mark.parametrize("name", GIVEN.keys() - {"s3_endpoint"})
def test_missing_settings(name):
    """A setting that is missing is named before anything is served."""
    with pytest.raises(MissingDependencyError, match=f"CAPTIONACC_{name.upper()}"):
        create_app(Settings(**(GIVEN | {name: None})))


def test_weak_secret():
    """A secret that could be guessed is refused."""
    with pytest.raises(UsageError, match="too short"):
        create_app(Settings(**(GIVEN | {"jwt_secret": "x" * 31})))


def test_local_sessions_need_a_secret():
    """Local sessions cannot be signed with a key set that others keep."""
    given = GIVEN | {"jwt_secret": None, "jwt_jwks_url": "https://auth.example/jwks.json"}
    with pytest.raises(UsageError, match="CAPTIONACC_HAS_LOCAL_SESSION"):
        create_app(Settings(**given, has_local_session=True))


def test_bug(caplog):
    """A bug is told without its inside; the log has it under the id that the client got."""
    app = create_app(Settings(**GIVEN))

    @app.get("/bug")
    async def fail():
        raise RuntimeError("the inside")

    answer = ask(app, "/bug")
    told = answer.json()
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["code"] == "internal"
    assert "the inside" not in answer.text
    assert told["request_id"] == answer.headers["x-request-id"]
    (record,) = [one for one in caplog.records if told["request_id"] in one.getMessage()]
    assert "the inside" in str(record.exc_info[1])


def test_every_error_has_a_status():
    """Each error of our tree is a problem with a status that fits."""
    pending, statuses = [CaptionAccError], {}
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()
        problem = problem_of(kind("What happened.", "What to do."))
        assert problem.code == kind.code
        is_inside = kind in {CatalogError, StoreError}  # whose messages name hosts
        assert (problem.detail == "What happened.") != is_inside
        assert (problem.hint == "What to do.") != is_inside
        statuses.setdefault(problem.status, []).append(kind.code)
    assert set(statuses) == {401, 403, 404, 409, 422, 500, 503}
    assert set(statuses[500]) == {"error", "internal"}


def test_stays_light():
    """The process that answers requests loads neither the heavy libraries nor Prefect."""
    heavy = {"numpy", "cv2", "av", "onnxruntime", "prefect", "boto3", "botocore"}
    program = f"import sys, captionacc.api.server; print({heavy} & sys.modules.keys())"
    done = subprocess.run(  # our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
