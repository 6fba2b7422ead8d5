"""The runbooks' steps, as the documentation has them, given to a platform in that trouble."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from captionacc.catalog.tenants import LOCAL_TENANT
from captionacc.stack.supervisor import running_stack

from .outsider import wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CANNED = ROOT / "tests" / "integration" / "worker" / "canned"
RUNBOOKS = (
    (ROOT / "docs" / "operations.md").read_text().split("\n## Runbooks\n")[1].split("\n## ")[0]
)
STEP = re.compile(r"^(?P<command>.+?)(?: +# (?:exits (?P<code>\d+), )?says: (?P<text>.+))?$")


def steps(heading):
    """The commands of a runbook, each with the exit code and the words that are to be expected."""
    text = RUNBOOKS.split(f"\n### {heading}\n")[1].split("\n### ")[0]
    (block,) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [STEP.fullmatch(line).groupdict() for line in block.splitlines()]


class Platform:
    """A running stack whose compute functions do as a file says, and what happens to it."""

    def __init__(self, stack, folder) -> None:
        self._stack = stack
        self._folder = folder
        bin_folder = Path(sys.executable).parent
        self._env = {
            **os.environ,
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
            "CAPTIONACC_DATA_DIR": str(stack.folders.root),
            "CAPTIONACC_CACHE_DIR": str(folder / "cache"),
        }

    def follow(self, heading, meanwhile=None, **variables):
        """Take each step of a runbook; what a step is said to print it must print.

        ``meanwhile`` is called after the first one.
        """
        for step in steps(heading):
            done = self.run(step["command"], **variables)
            said = f"{step['command']}: {done.stdout}{done.stderr}"
            assert done.returncode == int(step["code"] or 0), said
            words = " ".join(said.split())
            assert (step["text"] or "") in words, said
            if meanwhile is not None:
                meanwhile()
                meanwhile = None

    def run(self, command, **variables):
        """What a command of a person did."""
        return subprocess.run(
            ["/bin/sh", "-c", command],
            env={**self._env, **variables},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def query(self, statement, *values):
        """The rows."""
        with psycopg.connect(self._stack.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def add_video(self, *behaviours):
        """A video whose first computations behave so."""
        video_id = str(uuid.uuid4())
        wanted = json.dumps({"extract": behaviours})
        (self._folder / f"{video_id}.json").write_text(wanted, encoding="utf-8")
        self.query(
            "insert into captionacc.videos (id, tenant_id, storage_key, size_bytes)"
            " values (%s, %s, %s, 1)",
            video_id,
            LOCAL_TENANT,
            f"{LOCAL_TENANT}/client/videos/{video_id}/video.mp4",
        )
        return video_id

    def wait_for(self, video_id, state):
        """Until the video's newest run is in this state."""
        newest = "select state from captionacc.processing_runs where video_id = %s"
        newest += " order by created_at desc limit 1"
        wait_until(lambda: self.query(newest, video_id) == [(state,)], f"a run that is {state}")

    def wait_for_compute(self, video_id):
        """Until a computation for the video has begun."""
        wait_until((self._folder / f"{video_id}.calls").exists, "compute")

    def add_failed_video(self, behaviour):
        """A video whose first computation behaves so, and was the last attempt."""
        self.send("worker", signal.SIGSTOP)
        video_id = self.add_video(behaviour)
        self.wait_for(video_id, "queued")
        last = "update captionacc.processing_runs set max_attempts = 1 where video_id = %s"
        self.query(last, video_id)
        self.send("worker", signal.SIGCONT)
        self.wait_for(video_id, "failed")
        return video_id

    def send(self, service, number):
        """Signal a service with all its processes; SIGSTOP makes it hang."""
        pid = json.loads(self._stack.folders.pid(service).read_text())["pid"]
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            one.send_signal(number)


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """One for all runbooks: each leaves it as it was."""
    folder = tmp_path_factory.mktemp("runbooks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(CANNED))
        patch.setenv("CANNED", str(folder))
        patch.setenv("CAPTIONACC_CACHE_DIR", str(folder / "cache"))
        with running_stack(folder / "data") as stack:
            httpx.post(f"{stack.api_url}/v1/session").raise_for_status()  # makes the tenant
            yield Platform(stack, folder)


def test_platform_is_not_ready(platform):
    """A Postgres that hangs is named and restarted, and all is well again."""
    platform.send("postgres", signal.SIGSTOP)
    platform.follow("The platform is not ready")


def test_queue_stands_still(platform):
    """A worker that hangs takes nothing; restarted, it does what has waited."""
    platform.send("worker", signal.SIGSTOP)
    video_id = platform.add_video()
    platform.wait_for(video_id, "queued")
    platform.query(
        "update captionacc.processing_runs set created_at = now() - interval '1 hour'"
        " where video_id = %s", video_id)  # fmt: skip
    platform.follow("A queue stands still", VIDEO=video_id)


def test_no_sign_of_life(platform):
    """A worker that hangs in the midst of a run is restarted, and the run is done again."""
    video_id = platform.add_video("wait")
    platform.wait_for_compute(video_id)
    platform.send("worker", signal.SIGSTOP)
    platform.query(
        "update captionacc.processing_runs set heartbeat_at = now() - interval '2 min'"
        " where video_id = %s", video_id)  # fmt: skip
    platform.follow("No worker gives a sign of life", VIDEO=video_id)


def test_runs_fail(platform):
    """A failed video says why, and is tried again once that is mended."""
    video_id = platform.add_failed_video("transient")
    platform.follow("Runs fail", VIDEO=video_id)


def test_compute_processes_die(platform):
    """A computation that loses its process each time fails with a reason, and can be retried."""
    video_id = platform.add_failed_video("die")
    platform.follow("Compute processes die", VIDEO=video_id)


def test_lease_is_held(platform):
    """A layout that somebody edits is not approved until the lease has ended."""
    video_id = platform.add_video()
    platform.wait_for(video_id, "succeeded")
    platform.query(
        "insert into captionacc.video_database_state (video_id, database, tenant_id, lease_kind,"
        " lease_holder, lease_generation, lease_expires_at)"
        " values (%s, 'layout', %s, 'user', %s, 1, now() + interval '1 hour')"
        " on conflict (video_id, database) do update set lease_kind = excluded.lease_kind,"
        " lease_holder = excluded.lease_holder, lease_expires_at = excluded.lease_expires_at",
        video_id,
        LOCAL_TENANT,
        str(uuid.uuid4()),
    )

    def end():
        platform.query(
            "update captionacc.video_database_state set lease_expires_at = now()"
            " where video_id = %s", video_id)  # fmt: skip

    platform.follow("A lease is held", end, VIDEO=video_id)


def test_tenant_is_paused(platform):
    """A paused queue says why, and goes on when it is resumed."""
    platform.run("captionacc pause --reason 'The disk is full.'")
    video_id = platform.add_video()
    platform.wait_for(video_id, "queued")
    platform.follow("A tenant is paused", VIDEO=video_id)
