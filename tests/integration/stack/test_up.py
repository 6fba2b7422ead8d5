"""``captionacc up`` through its life: started, hurt, killed, started again."""

import contextlib
import json
import os
import signal

import httpx
import psutil
import pytest

from captionacc.stack.folders import StackFolders
from captionacc.stack.secrets import load_secrets

from .standing import wait_until

SERVICES = {
    "postgres": "Postgres",
    "object-store": "Object store",
    "api": "API",
    "prefect": "Prefect",
    "worker": "Worker",
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def first(place):
    """The stack as it is first started; other tests replace it by later ones."""
    return place.up_and_ready()


def is_ready(place):
    """Whether the API, its database and its object store can be used."""
    try:
        return httpx.get(f"http://127.0.0.1:{place.ports['API']}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_tells_where_everything_is(place, first):
    """One line of JSON names every address, and so does stack.json; neither holds a secret."""
    _, said = first
    assert said == json.loads((place.folder / "stack.json").read_text())
    assert said["api_url"] == f"http://127.0.0.1:{place.ports['API']}"
    assert httpx.get(f"{said['api_url']}/readyz").status_code == 200
    assert httpx.get(f"{said['prefect_url']}/api/health").json() is True
    secrets = load_secrets(StackFolders(place.folder).secrets).model_dump().values()
    assert not any(secret in json.dumps(said) for secret in secrets)


def test_only_its_owner_reads_the_secrets(place, first):
    """Passwords and keys are for nobody else on this machine; no command line shows one."""
    process, _ = first
    path = StackFolders(place.folder).secrets
    assert path.stat().st_mode & 0o777 == 0o600
    shown = ""
    for member in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # Postgres' own processes come and go
            shown += json.dumps(member.cmdline())
    assert "postgres" in shown
    assert not any(secret in shown for secret in load_secrets(path).model_dump().values())


def test_listens_on_the_loopback_address_alone(first):
    """Nobody on the network reaches any service."""
    process, _ = first
    listening: list[str] = []
    for member in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # Postgres' own processes come and go
            listening += [
                one.laddr.ip
                for one in member.net_connections("inet")
                if one.status == psutil.CONN_LISTEN
            ]
    assert len(listening) >= 4
    assert set(listening) == {"127.0.0.1"}


@pytest.mark.usefixtures("first")
def test_second_stack_is_refused(place):
    """Two on one data folder would harm each other: the second says who is there."""
    second = place.up("--json")
    _, err = second.communicate(timeout=60)
    assert second.returncode == 2
    assert "runs already" in err
    assert "--data-dir" in err
    assert is_ready(place)


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("service", SERVICES)
def test_killed_service_comes_back(place, service):
    """A service that dies is started again until it can be used again."""
    told = f"{SERVICES[service]} is ready"
    before = place.log("stack").count(told)
    os.kill(place.pid(service), signal.SIGKILL)
    wait_until(lambda: place.log("stack").count(told) > before, f"the next {service}")
    wait_until(lambda: is_ready(place), "readiness")


def test_webhook_is_delivered_while_services_come_and_go(place, first):
    """What the database tells reaches the API, also if both have just been killed."""
    _, said = first
    tenant_id = httpx.post(f"{said['api_url']}/v1/session").json()["tenant_id"]
    for service in ("api", "postgres"):
        os.kill(place.pid(service), signal.SIGKILL)
    wait_until(lambda: is_ready(place), "readiness")
    place.query(
        "insert into captionacc.videos (id, tenant_id, storage_key, size_bytes)"  # noqa: S608
        f" select id, '{tenant_id}', '{tenant_id}/client/videos/' || id || '/video.mp4', 1"
        " from gen_random_uuid() as id",
    )
    wait_until(lambda: place.query("select 1 from captionacc.processing_runs"), "the run")
    wait_until(
        lambda: place.query("select count(*) from supabase_functions.outbox") == [(0,)],
        "an empty outbox",
    )


def test_killed_supervisor_leaves_nothing(place, first):
    """After a kill -9 of the command every process ends by itself, and the next one goes on."""
    process, _ = first
    process.kill()
    process.communicate()
    wait_until(lambda: not place.leftovers(), "the end of all processes", 30)
    process, _ = place.up_and_ready()
    assert place.query("select count(*) from captionacc.videos") == [(1,)]
    code, out, err = place.stop(process)
    assert (code, out, err) == (0, "", "")
    assert not place.leftovers()
    assert not (place.folder / "stack.json").exists()


def test_stops_while_it_starts(place):
    """Ctrl-C in the middle of the start ends everything that was started, as success."""
    process = place.up()
    wait_until(lambda: place.pid("prefect"), "Prefect's process", 60)
    code, _, err = place.stop(process, signal.SIGINT)
    assert code == 0
    assert "Traceback" not in err
    assert not place.leftovers()


def test_taken_port_is_named(place):
    """A port that another program has is told with the setting that changes it."""
    import socket  # noqa: PLC0415  # this test alone

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = place.up(CAPTIONACC_S3_PORT=str(port))
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert str(port) in err
    assert "CAPTIONACC_S3_PORT" in err
    assert not place.leftovers()


def test_service_that_cannot_start_is_told(place):
    """What keeps a service from starting is said in its own words, with the name of its log."""
    version = place.folder / "postgres" / "data" / "PG_VERSION"
    kept = version.rename(version.with_suffix(".kept"))
    process = place.up()
    _, err = process.communicate(timeout=60)
    kept.rename(version)
    assert process.returncode == 1
    assert "Postgres ended while it was starting" in err
    assert "PG_VERSION" in err or "valid data directory" in err
    assert "postgres.log" in err.replace("\n", "")
    assert not place.leftovers()
