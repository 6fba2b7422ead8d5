"""The platform behind a proxy that starts it on the first request, and lets it end when idle."""

import httpx
import pytest

from .proxy import Proxy
from .standing import LIMIT_S, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def proxy(place):
    """A proxy that finds nothing running."""
    with Proxy(place, CAPTIONACC_IDLE_EXIT_S="5") as made:
        yield made


def _ended(process):
    return process.poll() is not None


def test_runs_only_while_it_is_needed(place, proxy):
    """Requests start it and are held until then; with its work done it ends, as success."""
    session = wait_until(lambda: _session(proxy), "a session")
    first = proxy.process
    place.query(
        "insert into captionacc.videos (id, tenant_id, storage_key, size_bytes)"  # noqa: S608
        f" select id, '{session['tenant_id']}', '{session['tenant_id']}/client/videos/' || id"
        " || '/video.mp4', 1 from gen_random_uuid() as id"
    )
    running = "select 1 from captionacc.processing_runs where started_at is not null"
    wait_until(lambda: place.query(running), "the run")
    assert not _ended(
        first
    )  # although Prefect and the worker started for longer than its idle time
    place.query("update captionacc.processing_runs set cancel_requested_at = now()")
    wait_until(lambda: _ended(first), "the end")
    assert first.returncode == 0
    assert not place.leftovers()

    headers = {"Authorization": f"Bearer {session['access_token']}"}
    ask = {"url": f"{proxy.url}/v1/videos", "headers": headers, "timeout": LIMIT_S}
    wait_until(lambda: httpx.get(**ask).is_success, "the videos")
    (second,) = place.started[1:]
    assert place.query("select state from captionacc.processing_runs") == [("cancelled",)]
    wait_until(lambda: _ended(second), "the end")
    assert second.returncode == 0
    assert not place.leftovers()


def _session(proxy):
    """A local session; ``None`` while the API has no database yet, which it says itself."""
    answer = httpx.post(f"{proxy.url}/v1/session", timeout=LIMIT_S)
    assert answer.status_code in {200, 503}
    return answer.json() if answer.is_success else None
