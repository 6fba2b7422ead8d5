"""The API ends itself when it is not needed, and never otherwise."""

import asyncio
import random
import threading
import time

import httpx
import pytest
import uvicorn

from captionacc.api.app import create_app
from captionacc.api.idle import IdleExit
from captionacc.api.uploading import PART_URL_S
from captionacc.model.runs import FlowName
from captionacc.settings import Settings

from .sockets import Client, put_layout
from .world import (
    JWT_SECRET,
    SERVICE_TOKEN,
    WEBHOOK_SECRET,
    World,
    claims,
    new_id,
    sign,
    wait_until,
)

IDLE_S = 0.5
STAYS_S = 2.0  # several looks, each of which would have ended it


class Running:
    """The application in this process, on a port of its own."""

    def __init__(self, settings) -> None:
        app = create_app(settings)
        self.services = app.state.services
        config = uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=5)
        self.server = uvicorn.Server(config)
        self.socket = config.bind_socket()
        self.url = "http://{}:{}".format(*self.socket.getsockname())
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self):
        idle = IdleExit(self.services, self.server, [self.socket], IDLE_S)
        watching = asyncio.create_task(idle.watch())
        await self.server.serve(sockets=[self.socket])
        watching.cancel()

    def start(self):
        """Begin to serve."""
        self._thread.start()
        wait_until(lambda: self.server.started or self.has_ended, "the server")
        return self

    def connected(self):
        """Itself, once it has its database."""
        wait_until(lambda: httpx.get(f"{self.url}/readyz").is_success, "readiness")
        return self

    @property
    def has_ended(self):
        """Whether it serves no more."""
        return not self._thread.is_alive()

    def stays(self, seconds=STAYS_S):
        """Whether it is there for longer than it would be without a reason."""
        self._thread.join(seconds)
        return not self.has_ended

    def stop(self):
        """End it, if it has not ended."""
        self.server.should_exit = True
        self._thread.join()


@pytest.fixture
def behind(database_url):
    """What is behind the API: a database that nothing is left to do in."""
    world = World(None, database_url)
    world.query("truncate captionacc.tenants cascade")
    return world


@pytest.fixture
def settings(database_url, object_store):
    """Of an API on this module's own database."""
    environment = {"CAPTIONACC_DATABASE_URL": database_url, **object_store.environment}
    given = {name.removeprefix("CAPTIONACC_").lower(): one for name, one in environment.items()}
    secrets = {
        "jwt_secret": JWT_SECRET,
        "service_token": SERVICE_TOKEN,
        "webhook_secret": WEBHOOK_SECRET,
    }
    return Settings.model_validate(given | secrets)


@pytest.fixture
def start(settings):
    """Starts an API that ends after half a second without use."""
    started = []

    def begin(**changes):
        started.append(Running(settings.model_copy(update=changes)).start())
        return started[-1]

    yield begin
    for one in started:
        one.stop()


def _headers(tenant_id):
    return {"Authorization": f"Bearer {sign(claims(new_id(), tenant_id, iss=None))}"}


@pytest.mark.usefixtures("behind")
def test_ends_when_nothing_is_to_be_done(start):
    """Without requests, work or uploads it ends by itself; health checks do not keep it."""
    api = start()
    while not api.has_ended:
        try:
            assert httpx.get(f"{api.url}/healthz").is_success
        except httpx.ConnectError:
            break
        api.stays(0.1)
    wait_until(lambda: api.has_ended, "the end")


def test_open_event_stream_keeps_it(behind, start):
    """A page that somebody looks at keeps the process up, and lets it go when it is closed."""
    tenant_id = behind.new_tenant()
    api = start().connected()
    with httpx.stream("GET", f"{api.url}/v1/events", headers=_headers(tenant_id)) as stream:
        assert stream.status_code == 200
        assert api.stays()
    wait_until(lambda: api.has_ended, "the end")


def test_unsaved_copy_keeps_it(behind, start, object_store, tmp_path):
    """An open socket does, and what was edited there until the object store has it."""
    tenant_id = behind.new_tenant()
    video = behind.new_video(tenant_id)
    put_layout(object_store, tmp_path, video)
    api = start(data_dir=tmp_path).connected()
    token = sign(claims(new_id(), tenant_id, iss=None))
    with Client(api, token, video.id) as client:
        assert client.hear("welcome")["lease"]["may_write"]
        client.changes(is_last=True)
        assert api.stays()
        client.write("boxes", 0, "label", "in", 2)
    copies, unsaved = api.services.copies, []
    while not api.server.should_exit:
        unsaved.append(copies.unsaved_count)
        api.stays(0.01)
    assert (unsaved[0], copies.unsaved_count) == (1, 0)
    wait_until(lambda: api.has_ended, "the end")


@pytest.mark.parametrize("state", ["queued", "running", "unseen"])
def test_work_keeps_it(behind, start, state):
    """It stays for what is queued, under way, or about to be found; then it ends."""
    tenant_id = behind.new_tenant()
    video = behind.new_video(tenant_id, is_looked_at=state != "unseen")
    if state != "unseen":
        behind.ask(
            lambda catalog: catalog.runs.enqueue(
                FlowName.CROP_AND_INFER,
                tenant_id=tenant_id,
                video_id=video.id,
                idempotency_key=new_id(),
            )
        )
        behind.query("update captionacc.processing_runs set state = %s", state)
    api = start()
    assert api.stays()
    behind.query("update captionacc.processing_runs set state = 'cancelled'")
    behind.query("update captionacc.videos set status = 'active'")
    wait_until(lambda: api.has_ended, "the end")


def test_paused_work_does_not_keep_it(behind, start):
    """Work that waits for its tenant's pause to end would keep it for ever."""
    tenant_id = behind.new_tenant()
    video = behind.new_video(tenant_id)
    behind.ask(
        lambda catalog: catalog.runs.enqueue(
            FlowName.CROP_AND_INFER, tenant_id=tenant_id, video_id=video.id, idempotency_key="a"
        )
    )
    behind.query("update captionacc.tenants set paused_reason = 'Not paid.'")
    api = start()
    wait_until(lambda: api.has_ended, "the end")


def test_upload_keeps_only_who_has_the_store(behind, start):
    """Parts go to a store of somebody else without us, but not to one that ends with us."""
    tenant_id = behind.new_tenant()
    near = start().connected()
    wanted = {"filename": "film.mp4", "size_bytes": 20_000_000}
    answer = httpx.post(f"{near.url}/v1/uploads", json=wanted, headers=_headers(tenant_id))
    assert answer.status_code == 201
    far = start(s3_endpoint="https://s3.example")
    assert near.stays()
    wait_until(lambda: far.has_ended, "the end")
    behind.query("alter table captionacc.uploads disable trigger touch")
    behind.query(
        "update captionacc.uploads set updated_at = now() - make_interval(secs => %s)",
        PART_URL_S + 1,
    )
    behind.query("alter table captionacc.uploads enable trigger touch")
    wait_until(lambda: near.has_ended, "the end")


def test_stays_while_the_ledger_does_not_answer(start):
    """Nobody knows whether there is work, so it does not leave."""
    assert start(database_url="postgresql://nobody@127.0.0.1:1/nothing").stays()


def test_no_request_is_lost_at_the_end(behind, start):
    """Whoever comes in the very moment of the exit is answered, or finds nobody there at all."""
    tenant_id = behind.new_tenant()
    outcomes = []

    def come(api, chance):
        while not api.has_ended:
            chance.random()
            time.sleep(IDLE_S + chance.random() * 1.5)
            try:
                with httpx.Client(timeout=10) as http:  # as a proxy, without connections to reuse
                    answer = http.get(f"{api.url}/v1/videos", headers=_headers(tenant_id))
                outcomes.append(answer.status_code)
            except httpx.ConnectError as error:
                outcomes.append(str(error))
                return

    visitors = [
        threading.Thread(target=come, args=(start(), random.Random(seed)))  # noqa: S311
        for seed in range(8)
    ]
    for one in visitors:
        one.start()
    for one in visitors:
        one.join(60)
    refusals = [one for one in outcomes if one not in {200, 503}]  # 503: not connected yet
    assert set(refusals) == {"[Errno 111] Connection refused"}
    assert len(refusals) == len(visitors)
