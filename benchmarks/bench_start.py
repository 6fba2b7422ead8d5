"""How soon a start is of use, what it costs to stand by, and how long a crash lasts.

Everything is `captionacc up` as a person starts it, in a data folder that has been used before; the
very first start, which also makes the databases, is shown beside.

Each start but the first is that of a platform which had ended itself, for want of anything to do.

``webhook_accepted_s``: from the command to the first accepted webhook.
``flow_running_s``: from the command to the first step of the flow that this webhook asked for.
``exited_s``: from the end of its idle time, which begins with the end of that flow, to its own end.
``idle_pss_mb``, ``idle_cpu_pct``: all processes together while nothing happens; 100 % is one core.
Memory that they share is counted once; ``idle_rss_mb`` counts it once for each, so Postgres' shared
buffers as often as it has processes.
``recovered_s``: all processes are killed at once; from the next command until all is ready.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from captionacc.catalog.tenants import LOCAL_TENANT
from captionacc.settings import variable_name
from captionacc.stack.folders import StackFolders
from captionacc.stack.ports import LOOPBACK, free_ports
from captionacc.stack.secrets import load_secrets
from harness import COMMAND, BenchmarkError, process_tree, write_result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_POLL_S = 0.02
_LIMIT_S = 300.0
_SETTLE_S = 80.0
"""Runs of the starts before are still ended, and compute processes stay warm for a minute."""

_IDLE_S = 5.0
_PORTS = ("api_port", "prefect_port", "postgres_port", "s3_port")


@dataclass(frozen=True)
class Place:
    """A data folder with ports of its own."""

    folder: Path
    ports: dict[str, int]

    @property
    def api_url(self) -> str:
        """Where the API will be."""
        return f"http://{LOOPBACK}:{self.ports['api_port']}"

    def database(self) -> psycopg.Connection[Any]:
        """A connection to the catalog."""
        password = load_secrets(StackFolders(self.folder).secrets).database_password
        port = self.ports["postgres_port"]
        return psycopg.connect(
            f"postgresql://postgres:{password}@{LOOPBACK}:{port}/captionacc", autocommit=True
        )


@dataclass
class Start:
    """One start: the process, and when it was begun."""

    process: subprocess.Popen[str]
    began: float

    @property
    def age_s(self) -> float:
        """Seconds since it was begun."""
        return time.perf_counter() - self.began

    def wait_ready(self) -> float:
        """Seconds until it said that all is ready."""
        assert self.process.stdout is not None  # noqa: S101  # made so below
        if not self.process.stdout.readline():
            raise BenchmarkError("the stack did not start")
        return self.age_s


def main() -> None:
    """Measure some starts of one data folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="repetitions (default: 3)")
    parser.add_argument("--idle-s", type=float, default=30.0, help="seconds of idleness watched")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="captionacc-bench-"))
    try:
        place = Place(folder, dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True)))
        first_s = _first_start(place)
        starts = [_start_from_exited(place) for _ in range(options.repeat)]
        accepted, running, exited = zip(*starts, strict=True)
        idle, recovered_s = _idle_and_killed(place, options.idle_s)
    finally:
        shutil.rmtree(folder)
    result = {
        "webhook_accepted_s": round(median(accepted), 2),
        "flow_running_s": round(median(running), 2),
        "exited_s": round(median(exited), 2),
        "idle_pss_mb": round(sum(one.pss_mb for one in idle.values())),
        "idle_rss_mb": round(sum(one.rss_mb for one in idle.values())),
        "idle_cpu_pct": round(sum(one.cpu_pct for one in idle.values()), 1),
        "recovered_s": round(recovered_s, 2),
        "first_start_s": round(first_s, 2),
    }
    _show(result, idle)
    write_result("start", result)


def _first_start(place: Place) -> float:
    with _up(place) as start:
        ready_s = start.wait_ready()
        httpx.post(f"{place.api_url}/v1/session").raise_for_status()  # makes the tenant
        return ready_s


def _start_from_exited(place: Place) -> tuple[float, float, float]:
    """Seconds to an accepted webhook, to the first step of its flow, and to its own end."""
    with _up(place, idle_exit_s=_IDLE_S) as start:
        video_id = _until(lambda: _new_video(place))
        _until(lambda: _is_accepted(place, video_id))
        accepted_s = start.age_s
        _until(lambda: _has_started(place, video_id))
        running_s = start.age_s
        _until(lambda: _has_ended(place, video_id))
        ended = time.perf_counter()
        if start.process.wait(_LIMIT_S) != 0:
            raise BenchmarkError("the platform did not end itself as success")
        return accepted_s, running_s, time.perf_counter() - ended - _IDLE_S


def _idle_and_killed(place: Place, idle_s: float) -> tuple[dict[str, Idle], float]:
    with _up(place) as start:
        start.wait_ready()
        time.sleep(_SETTLE_S)
        idle = _watch(start.process.pid, idle_s)
        for member in process_tree(psutil.Process(start.process.pid)):
            with suppress(psutil.NoSuchProcess):  # some end with another
                member.kill()
    with _up(place) as start:
        return idle, start.wait_ready()


@contextmanager
def _up(place: Place, **settings: object) -> Iterator[Start]:
    given = {**place.ports, **settings}
    environment = {variable_name(name): str(value) for name, value in given.items()}
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  # our own command
        [str(COMMAND), "up", "--data-dir", str(place.folder), "--json"],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Start(process, began)
    finally:
        process.terminate()
        process.communicate()


def _until(condition: Callable[[], Any]) -> Any:  # noqa: ANN401  # whatever it gives
    deadline = time.perf_counter() + _LIMIT_S
    while time.perf_counter() < deadline:
        try:
            if answer := condition():
                return answer
        except (httpx.TransportError, psycopg.OperationalError):
            pass  # not there yet
        time.sleep(_POLL_S)
    raise BenchmarkError(f"it did not happen within {_LIMIT_S:.0f} s")


def _new_video(place: Place) -> str:
    """Insert a video whose object will be missed later."""
    video_id = str(uuid.uuid4())
    with place.database() as connection:
        connection.execute(
            "insert into captionacc.videos (id, tenant_id, storage_key, size_bytes)"
            " values (%s, %s, %s, 1)",
            [video_id, LOCAL_TENANT, f"{LOCAL_TENANT}/client/videos/{video_id}/video.mp4"],
        )
    return video_id


def _is_accepted(place: Place, video_id: str) -> bool:
    """Tell the API of the video as the database does."""
    secret = load_secrets(StackFolders(place.folder).secrets).webhook_secret
    body = {"type": "INSERT", "table": "videos", "schema": "captionacc", "old_record": None}
    answer = httpx.post(
        f"{place.api_url}/v1/webhooks/supabase",
        headers={"X-Webhook-Secret": secret},
        json=body | {"record": {"id": video_id, "tenant_id": LOCAL_TENANT}},
    )
    return answer.status_code == httpx.codes.ACCEPTED


def _has_started(place: Place, video_id: str) -> bool:
    with place.database() as connection:
        row = connection.execute(
            "select started_at from captionacc.processing_runs where video_id = %s", [video_id]
        ).fetchone()
        return row is not None and row[0] is not None


def _has_ended(place: Place, video_id: str) -> bool:
    """Cancel the run, and say whether it is over."""
    with place.database() as connection:
        connection.execute(
            "update captionacc.processing_runs set cancel_requested_at = now()"
            " where video_id = %s and cancel_requested_at is null",
            [video_id],
        )
        row = connection.execute(
            "select finished_at from captionacc.processing_runs where video_id = %s", [video_id]
        ).fetchone()
        return row is not None and row[0] is not None


@dataclass
class Idle:
    """What processes of one kind cost while nothing happens; 100 % is one core."""

    pss_mb: float = 0.0
    rss_mb: float = 0.0
    cpu_pct: float = 0.0


def _watch(pid: int, seconds: float) -> dict[str, Idle]:
    """The costs by what the processes are."""
    members = {member: _name(member) for member in process_tree(psutil.Process(pid))}
    before = {member: _cpu_s(member) for member in members}
    time.sleep(seconds)
    idle = {name: Idle() for name in members.values()}
    for member, name in members.items():
        of, memory = idle[name], member.memory_full_info()
        of.pss_mb += memory.pss / 1e6
        of.rss_mb += memory.rss / 1e6
        of.cpu_pct += 100 * (_cpu_s(member) - before[member]) / seconds
    return idle


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return used.user + used.system


def _name(process: psutil.Process) -> str:
    command = process.cmdline()
    named = {"postgres": "Postgres", "weed": "object store"}
    if process.name() in named:
        return named[process.name()]
    if "uvicorn" in command:
        return "Prefect"
    return {"api": "API", "worker": "worker"}.get(command[-1], "supervisor")


def _show(result: dict[str, float], idle: dict[str, Idle]) -> None:
    console = Console()
    table = Table(title="start")
    for heading in ("from the command to", "seconds"):
        table.add_column(heading, justify="right" if heading == "seconds" else "left")
    table.add_row("an accepted webhook", f"{result['webhook_accepted_s']:.1f}")
    table.add_row("the first step of its flow", f"{result['flow_running_s']:.1f}")
    table.add_row("its own end, after the idle time", f"{result['exited_s']:.1f}")
    table.add_row("all ready, after all was killed", f"{result['recovered_s']:.1f}")
    table.add_row("all ready, the very first time", f"{result['first_start_s']:.1f}")
    console.print(table)
    table = Table(title="while nothing happens")
    table.add_column("processes")
    for heading in ("memory, MB", "shared ones each, MB", "% of a core"):
        table.add_column(heading, justify="right")
    for name, of in idle.items():
        table.add_row(name, f"{of.pss_mb:.0f}", f"{of.rss_mb:.0f}", f"{of.cpu_pct:.1f}")
    console.print(table)


if __name__ == "__main__":
    main()
