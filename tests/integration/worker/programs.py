"""The processes that these tests start, and what they look at."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import jwt
import psycopg
from psycopg.rows import dict_row

from captionacc.api.auth import AUDIENCE
from captionacc.catalog.pool import open_catalog
from captionacc.stack.prefect import PrefectService
from captionacc.stack.programs import ApiService

HERE = Path(__file__).parent
CAPTIONACC = str(Path(sys.executable).with_name("captionacc"))
ACTIVE = {"queued", "running"}


def wait_until(condition, what, timeout_s=60.0):
    """The first true answer of ``condition``; fails when it does not come in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"{what} never came"
        threading.Event().wait(0.05)


class Program:
    """A process in a session of its own, with its output in a file."""

    def __init__(self, command, env, log_path) -> None:
        self.log_path = log_path
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(  # our own programs
                command,
                env=env,
                cwd=log_path.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def log(self):
        """What it has said."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def is_alive(self):
        """Whether it runs."""
        return self._process.poll() is None

    def kill(self):
        """Kill it with all its children, as the end of a machine would."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def stop(self):
        """Ask it to end; returns its exit code."""
        self._process.terminate()
        try:
            return self._process.wait(30)
        finally:
            self.kill()


class PrefectServer(PrefectService):
    """A Prefect server, and what a person does with it."""

    def program(self):
        """It is not given the time to end well; it keeps nothing that it would lose."""
        return replace(super().program(), grace_s=0.5)

    def post(self, path, body):
        """Prefect's answer."""
        answer = httpx.post(f"{self.api_url}{path}", json=body, timeout=30)
        assert answer.is_success, answer.text
        return answer.json()

    def get(self, path):
        """Prefect's answer."""
        answer = httpx.get(f"{self.api_url}{path}", timeout=30)
        assert answer.is_success, answer.text
        return answer.json()

    def cancel(self, flow_run_id):
        """Cancel as the UI does."""
        state = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
        return self.post(f"/flow_runs/{flow_run_id}/set_state", state)

    def state(self, flow_run_id):
        """The type of the flow run's state."""
        return self.get(f"/flow_runs/{flow_run_id}")["state_type"]

    def run_deployment(self, name, parameters):
        """As ``prefect deployment run`` does; returns the flow run's id."""
        deployment = self.get(f"/deployments/name/{name}")
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        return self.post(f"/deployments/{deployment['id']}/create_flow_run", body)["id"]


class Api(ApiService):
    """The API, asked by a member of a tenant."""

    def __init__(self, folders, env, tenant_id) -> None:
        super().__init__(folders, int(env["CAPTIONACC_API_PORT"]), env)
        claims = {
            "sub": str(uuid.uuid4()),
            "aud": AUDIENCE,
            "exp": time.time() + 3600,
            "app_metadata": {"tenant_id": tenant_id},
        }
        self._tenant_id = tenant_id
        self._webhook_secret = env["CAPTIONACC_WEBHOOK_SECRET"]
        token = jwt.encode(claims, env["CAPTIONACC_JWT_SECRET"], "HS256")
        self._headers = {"Authorization": f"Bearer {token}"}

    def tell_of(self, video_id):
        """Deliver the webhook of a new video; returns the id of the run."""
        body = {
            "type": "INSERT",
            "table": "videos",
            "schema": "captionacc",
            "record": {"id": video_id, "tenant_id": self._tenant_id},
            "old_record": None,
        }
        headers = {"X-Webhook-Secret": self._webhook_secret}
        answer = httpx.post(
            f"{self.address}/v1/webhooks/supabase", json=body, headers=headers, timeout=30
        )
        assert answer.is_success, answer.text
        return answer.json()["run_id"]

    def captions(self, video_id):
        """The video's captions in order of time."""
        url = f"{self.address}/v1/videos/{video_id}/captions"
        answer = httpx.get(url, headers=self._headers, timeout=30)
        assert answer.is_success, answer.text
        return answer.json()["captions"]


class Canned:
    """What the compute functions do, and did."""

    def __init__(self, folder) -> None:
        self.folder = folder

    def behave(self, video_id, **stages):
        """Have the video's calls behave so."""
        path = self.folder / f"{video_id}.json"
        path.write_text(json.dumps(stages), encoding="utf-8")

    def go(self, video_id):
        """Let the video's calls that wait go on."""
        (self.folder / f"{video_id}.go").touch()

    def calls(self, video_id):
        """The calls for the video that did work, by stage, in order."""
        path = self.folder / f"{video_id}.calls"
        if not path.exists():
            return []
        return [line.split()[0] for line in path.read_text(encoding="utf-8").splitlines()]


class Ledger:
    """The database, looked at from outside, and triggers as the API sets them off."""

    def __init__(self, url) -> None:
        self.url = url
        self.tenant_id = str(
            self.query("insert into captionacc.tenants (name) values ('t') returning id")[0]["id"]
        )

    @contextmanager
    def connection(self):
        """One of its own, so that a restart of Postgres is no matter."""
        with psycopg.connect(self.url, autocommit=True, row_factory=dict_row) as one:
            yield one

    def query(self, sql, *values):
        """The rows."""
        with self.connection() as one:
            cursor = one.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def catalog(self, act):
        """What ``act`` returns, given the catalog."""

        async def scenario():
            async with open_catalog(self.url) as catalog:
                return await act(catalog)

        return asyncio.run(scenario())

    def add_video(self, age_s=0):
        """A video that was uploaded so long ago."""
        rows = self.query(
            "with fresh as (select gen_random_uuid() as id, %s::uuid as tenant)"
            " insert into captionacc.videos (id, tenant_id, storage_key, size_bytes, created_at)"
            " select id, tenant, tenant || '/client/videos/' || id || '/video.mp4', 1,"
            " now() - make_interval(secs => %s) from fresh returning id",
            self.tenant_id,
            age_s,
        )
        return str(rows[0]["id"])

    def enqueue(self, flow, video_id, subject="", **parameters):
        """Queue a run; returns its id."""
        run = self.catalog(
            lambda catalog: catalog.runs.enqueue(
                flow,
                tenant_id=self.tenant_id,
                video_id=video_id,
                idempotency_key=f"{flow}:{video_id}:{subject}",
                subject=subject,
                parameters=parameters,
            )
        )
        return run.id

    def video(self, video_id):
        """Its row."""
        return self.query("select * from captionacc.videos where id = %s", video_id)[0]

    def run(self, run_id):
        """Its row."""
        return self.query("select * from captionacc.processing_runs where id = %s", run_id)[0]

    def runs(self, video_id, flow=None):
        """The rows of the video's runs, oldest first."""
        return self.query(
            "select * from captionacc.processing_runs where video_id = %s"
            " and (%s::text is null or flow = %s) order by created_at",
            video_id,
            flow,
            flow,
        )

    def wait_for_end(self, run_id, timeout_s=60.0):
        """The run's row when it is in a final state."""
        return wait_until(
            lambda: row if (row := self.run(run_id))["state"] not in ACTIVE else None,
            f"the end of run {run_id}",
            timeout_s,
        )

    def wait_for_state(self, run_id, state, timeout_s=60.0):
        """The run's row when it is in ``state``."""
        return wait_until(
            lambda: row if (row := self.run(run_id))["state"] == state else None,
            f"state {state} of run {run_id}",
            timeout_s,
        )
