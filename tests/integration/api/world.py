"""The API as a process, tenants, and people who ask it."""

import asyncio
import json
import os
import signal
import time
import uuid
from datetime import timedelta
from pathlib import Path

import httpx
import jwt
import psycopg

from captionacc.catalog.pool import open_catalog
from captionacc.model.geometry import CropRegion
from captionacc.model.ids import TenantId, UserId, VideoId
from captionacc.model.results import VideoProbe
from captionacc.stack.folders import StackFolders
from captionacc.stack.ports import free_ports
from captionacc.stack.programs import ApiService
from captionacc.storage.keys import VideoKeys

JWT_SECRET = "a secret of the tests that is long enough"  # noqa: S105
WEBHOOK_SECRET = "the tests' webhook"  # noqa: S105
SERVICE_TOKEN = "the tests' flows"  # noqa: S105
ISSUER = "https://auth.example/auth/v1"
LARGEST = 1 << 30
REGION = CropRegion(0.1, 0.8, 0.9, 0.95)
PROBE = VideoProbe(1280, 720, 60.0, 25.0, "h264", 1_000_000, 0, has_vfr=False)


def new_id():
    """An id that nobody has."""
    return str(uuid.uuid4())


def wait_until(condition, what, timeout_s=20.0):
    """The first true answer; fails when it does not come in time."""
    deadline = time.monotonic() + timeout_s
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.02)
    return answer


def claims(user_id, tenant_id=None, **others):
    """What a token of Supabase says."""
    payload = {
        "sub": user_id,
        "aud": "authenticated",
        "role": "authenticated",
        "iss": ISSUER,
        "exp": int(time.time() + 3600),
    }
    if tenant_id is not None:
        payload["app_metadata"] = {"tenant_id": tenant_id}
    return {name: value for name, value in (payload | others).items() if value is not None}


def sign(payload, key=JWT_SECRET, algorithm="HS256", **headers):
    """The token."""
    return jwt.encode(payload, key, algorithm=algorithm, headers=headers or None)


class Api:
    """``captionacc api`` in a process of its own.

    Its settings are those of the tests but for ``changes``; ``None`` unsets one.

    Args:
        folder: For its log.
        environment: Where the services are.
        is_lonely: Whether it will miss something, so that nobody need wait until it is ready.
    """

    def __init__(self, folder, environment, *, is_lonely=False, **changes) -> None:
        self._is_lonely = is_lonely
        self.folder = Path(folder)
        folders = StackFolders(self.folder)
        folders.make()
        (self.port,) = free_ports(1)
        settings = {
            "CAPTIONACC_API_PORT": str(self.port),
            "CAPTIONACC_DATA_DIR": str(folder),
            "CAPTIONACC_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "CAPTIONACC_SERVICE_TOKEN": SERVICE_TOKEN,
            "CAPTIONACC_JWT_SECRET": JWT_SECRET,
            "CAPTIONACC_JWT_ISSUER": ISSUER,
            "CAPTIONACC_MAX_UPLOAD_BYTES": str(LARGEST),
            **environment,
        }
        settings |= {f"CAPTIONACC_{name.upper()}": value for name, value in changes.items()}
        given = {name: str(value) for name, value in settings.items() if value is not None}
        self.service = ApiService(folders, self.port, given)
        self.url = self.service.address
        self.http = httpx.Client(base_url=self.url, timeout=30)

    def __enter__(self):
        self.service.start()
        wait_until(self.is_up, "the API", 60)
        assert self._is_lonely or wait_until(self.is_ready, "readiness", 60)
        return self

    def __exit__(self, *_):
        self.http.close()
        self.service.stop()

    def kill(self):
        """End its process with SIGKILL."""
        os.kill(self.service.child.pid, signal.SIGKILL)
        wait_until(lambda: not self.service.is_alive, "the end")

    def restart(self):
        """Start it again after its death, on the same port."""
        self.service.start()
        wait_until(self.is_ready_at_all, "readiness", 60)

    def is_ready_at_all(self):
        """Whether it answers, and can work."""
        return self.is_up() and self.is_ready()

    def is_up(self):
        """Whether it answers at all."""
        assert self.service.is_alive, self.log()
        try:
            return self.http.get("/healthz").is_success
        except httpx.TransportError:
            return False

    def is_ready(self):
        """Whether it can work."""
        return self.http.get("/readyz").is_success

    def log(self):
        """What it says."""
        return self.service.folders.log("api").read_text()

    def person(self, token=None):
        """A client with this token."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, timeout=30, headers=headers)

    def deliver(self, body, secret=WEBHOOK_SECRET):
        """The webhook's answer to these bytes, or this JSON."""
        headers = {"X-Webhook-Secret": secret, "Content-Type": "application/json"}
        given = {"content": body} if isinstance(body, bytes) else {"json": body}
        return self.http.post("/v1/webhooks/supabase", headers=headers, **given)


class World:
    """Everything there is, with ways to make more of it behind the API's back."""

    def __init__(self, api, database_url) -> None:
        self.api = api
        self.database_url = database_url
        self.members = []

    def ask(self, question):
        """What ``question(catalog)`` answers."""

        async def asked():
            async with open_catalog(self.database_url) as catalog:
                return await question(catalog)

        return asyncio.run(asked())

    def query(self, statement, *values):
        """The rows."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def new_tenant(self):
        """A tenant."""
        return self.ask(lambda catalog: catalog.tenants.create("somebody")).id

    def new_member(self, tenant_id=None):
        """Somebody of this tenant, or of a new one."""
        self.members.append(Member(self.api, tenant_id or self.new_tenant()))
        return self.members[-1]

    def new_video(self, tenant_id, *, is_looked_at=True, title="film.mp4"):
        """A video whose layout awaits a person, or that nobody has looked at."""
        video_id = VideoId(new_id())

        async def add(catalog):
            video = await catalog.videos.insert(
                video_id=video_id,
                tenant_id=tenant_id,
                uploaded_by=None,
                title=title,
                folder="",
                storage_key=VideoKeys(tenant_id, video_id).video,
                size_bytes=1000,
            )
            if is_looked_at:
                video = await catalog.videos.activate(video_id, PROBE, 6, REGION)
            return video

        return self.ask(add)

    def run_to_failure(self, run_id):
        """Let the queued run fail for good."""
        error = json.dumps({"code": "bad_input", "message": "No.", "hint": "", "run_id": run_id})
        self.query("update captionacc.processing_runs set state = 'running' where id = %s", run_id)
        self.query(
            "update captionacc.processing_runs set state = 'failed', error = %s where id = %s",
            error,
            run_id,
        )


class Member:
    """Somebody with a token."""

    def __init__(self, api, tenant_id) -> None:
        self.tenant_id = TenantId(tenant_id)
        self.user_id = UserId(new_id())
        self.token = sign(claims(self.user_id, tenant_id))
        self.http = api.person(self.token)

    def ok(self, method, path, body=None, status=None, **options):
        """The JSON of a success."""
        answer = self.http.request(method, path, json=body, **options)
        assert answer.is_success if status is None else answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def refused(self, method, path, status, body=None, code=None, **options):
        """The problem."""
        return problem(self.http.request(method, path, json=body, **options), status, code)


def problem(answer, status, code=None):
    """The answer's problem, if it is well-formed and of this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    assert code in {None, told["code"]}
    return told


def later(seconds):
    """That many seconds from now, as a token says it."""
    return int(time.time() + timedelta(seconds=seconds).total_seconds())
