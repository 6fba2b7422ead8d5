"""``captionacc serve`` with a database and an object store that it does not start itself."""

import json
import uuid
from contextlib import suppress

import httpx
import psutil
import psycopg
import pytest

from captionacc.catalog.tenants import LOCAL_TENANT, LOCAL_USER

from .standing import wait_until

pytestmark = pytest.mark.slow
SECRET = "a secret of the tests that is long enough"  # noqa: S105


@pytest.fixture
def outside(new_database, object_store, place):
    """The settings of a deployment, with a catalog of its own."""
    return {
        **object_store.environment,
        "CAPTIONACC_DATABASE_URL": new_database(),
        "CAPTIONACC_WEBHOOK_SECRET": SECRET,
        "CAPTIONACC_JWT_SECRET": SECRET,
        "CAPTIONACC_DATA_DIR": str(place.folder),
        "CAPTIONACC_API_HOST": "0.0.0.0",  # noqa: S104  # as on a machine of its own
        "CAPTIONACC_IDLE_EXIT_S": "5",
    }


@pytest.fixture
def ask(outside):
    """Runs a statement on the catalog."""

    def run(statement, *values):
        with psycopg.connect(outside["CAPTIONACC_DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else None

    return run


def add_video(ask):
    """A video whose object is missing; its id."""
    video_id = str(uuid.uuid4())
    key = f"{LOCAL_TENANT}/client/videos/{video_id}/video.mp4"
    ask(
        "insert into captionacc.tenants (id, name) values (%s, 'one') on conflict do nothing",
        LOCAL_TENANT,
    )
    ask(
        "insert into captionacc.videos (id, tenant_id, uploaded_by, storage_key, size_bytes)"
        " values (%s, %s, %s, %s, 1)",
        video_id,
        LOCAL_TENANT,
        LOCAL_USER,
        key,
    )
    return video_id


def is_accepted(url, video_id):
    """Whether the webhook is taken; not while nobody listens, or the catalog is not connected."""
    record = {"id": video_id, "tenant_id": LOCAL_TENANT}
    body = {"type": "INSERT", "table": "videos", "schema": "captionacc", "old_record": None}
    try:
        answer = httpx.post(
            f"{url}/v1/webhooks/supabase",
            headers={"X-Webhook-Secret": SECRET},
            json=body | {"record": record},
        )
    except httpx.ConnectError:
        return False
    assert answer.status_code in {202, 503}
    return answer.is_success


def test_serves_until_it_is_not_needed(place, outside, ask):
    """It takes webhooks before Prefect is there, runs them, shows its logs, and ends as success."""
    video_id = add_video(ask)
    process = place.start("serve", **outside)
    url = f"http://127.0.0.1:{place.ports['API']}"
    wait_until(lambda: is_accepted(url, video_id), "the webhook")
    assert ask("select state from captionacc.processing_runs") == [("queued",)]
    state = json.loads(wait_until(lambda: _read(place.folder / "stack.json"), "the addresses"))
    assert state["api_url"] == url
    started = "select 1 from captionacc.processing_runs where started_at is not null"
    wait_until(lambda: ask(started), "the run")
    assert _listening(process.pid) == {"0.0.0.0": 1, "127.0.0.1": 2}  # noqa: S104
    ask("update captionacc.processing_runs set cancel_requested_at = now()")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert {line.partition(":")[0] for line in out.splitlines()} >= {"stack", "api", "worker"}
    assert not place.leftovers()
    schemas = ask("select nspname from pg_namespace where nspname like 'prefect%%'")
    assert schemas == []


def test_says_what_is_missing(place, outside):
    """Without the address of the catalog it does not begin."""
    process = place.start("serve", **{**outside, "CAPTIONACC_DATABASE_URL": ""})
    _, err = process.communicate(timeout=60)
    assert process.returncode == 5
    assert "CAPTIONACC_DATABASE_URL" in err


def _read(path):
    return path.read_text() if path.exists() else ""


def _listening(pid):
    """How many ports are listened on, by address."""
    found = []
    for member in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # one of Postgres' own that has just ended
            connections = member.net_connections("inet")
            found += [one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN]
    return {address: found.count(address) for address in set(found)}
