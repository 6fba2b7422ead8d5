"""How long work waits before it begins, and how soon a corrected caption has its text.

Everything is a running stack, warm, as `captionacc up` makes it.

``trigger_to_compute_p50_s``, ``p99_s``: from the insertion of a video's row, through the database's
webhook, the API, the ledger, the dispatcher and Prefect, to the first line of compute.
``stock_worker_p50_s``: from a run of the same flow's deployment to that line, in Prefect's own
process worker with its own settings. ``ratio_to_stock`` is how many times longer that is.
``ten_waiting_mb``: by how much the worker's memory grows above that of the warm, idle process while
ten flows wait for compute at once.
``confirm_to_text_p50_s``: from the request that moves a caption's boundary to the answer with its
text, which is read anew.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from captionacc.catalog.tenants import LOCAL_TENANT
from captionacc.samples import demo_clip
from captionacc.stack.supervisor import running_stack
from captionacc.storage.access import S3Access
from captionacc.storage.keys import VideoKeys
from captionacc.storage.s3 import S3Store
from harness import COMMAND, BenchmarkError, cached_clip, write_result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from captionacc.stack.supervisor import Stack

_POLL_S = 0.01
_LIMIT_S = 120.0
_WARM_UP = 3
_WAITING = 10
_POOL = "stock"


class Bench:
    """One running stack, and where its compute calls leave the time of their first line."""

    def __init__(self, stack: Stack, stamps: Path) -> None:
        self._stack = stack
        self._stamps = stamps
        self._database: psycopg.Connection[Any] = psycopg.connect(
            stack.database_url, autocommit=True
        )
        session = httpx.post(f"{stack.api_url}/v1/session").raise_for_status().json()
        headers = {"Authorization": f"Bearer {session['access_token']}"}
        self._api = httpx.Client(base_url=stack.api_url, headers=headers, timeout=30)
        self._prefect = httpx.Client(base_url=f"{stack.prefect_url}/api", timeout=30)

    def trigger_s(self) -> float:
        """From the insertion of a video, whose object is missing, to the first line of compute."""
        video_id = str(uuid.uuid4())
        began = time.time()
        self._insert(video_id)
        return self._await_compute(video_id) - began

    def stock_s(self) -> float:
        """From a run of the stock pool's deployment to the first line of compute."""
        video_id = str(uuid.uuid4())
        name = f"/deployments/name/video-initial-processing/{_POOL}"
        deployment = self._prefect.get(name).raise_for_status().json()["id"]
        with self._database.transaction():
            self._database.execute("set local session_replication_role = replica")  # no webhook
            self._insert(video_id)
        began = time.time()
        self._prefect.post(
            f"/deployments/{deployment}/create_flow_run",
            json={
                "parameters": {"video_id": video_id, "tenant_id": LOCAL_TENANT},
                "state": {"type": "SCHEDULED"},
            },
        ).raise_for_status()
        return self._await_compute(video_id) - began

    def confirm_s(self, count: int) -> list[float]:
        """Seconds from confirming a moved boundary to the caption's text, for ``count`` of them."""
        video_id = self._finished_video()
        captions = self._get(f"/v1/videos/{video_id}/captions")["captions"]
        return [
            self._confirm(video_id, captions[number % len(captions)], number // len(captions))
            for number in range(count)
        ]

    def ten_waiting_mb(self) -> float:
        """Growth of the worker's memory while ten flows wait."""
        worker = self._stack.worker.child
        assert worker is not None  # noqa: S101  # the stack is ready
        process, videos = psutil.Process(worker.pid), [str(uuid.uuid4()) for _ in range(_WAITING)]
        idle = process.memory_info().rss
        hold = self._stamps / "hold"
        hold.touch()
        for video_id in videos:
            self._insert(video_id)
        _until(lambda: self._beating(videos) == _WAITING)
        grown = process.memory_info().rss - idle
        hold.unlink()
        _until(lambda: all(map(self._has_ended, videos)))
        return grown / (1 << 20)

    def _beating(self, videos: list[str]) -> int:
        """How many of these are under way and have given a sign of life since they began."""
        rows = self._database.execute(
            "select count(*) from captionacc.processing_runs where video_id = any(%s::uuid[])"
            " and state = 'running' and heartbeat_at > started_at",
            [videos],
        ).fetchall()
        return int(rows[0][0])

    def _confirm(self, video_id: str, caption: dict[str, Any], turn: int) -> float:
        """Each turn takes a little more off the caption's end."""
        path = f"/v1/videos/{video_id}/captions/{caption['id']}/actions/confirm-boundary"
        end_s = caption["end_pts_s"] - 0.1 * (turn + 1)
        began = time.perf_counter()
        answer = self._api.post(path, json={"start_s": caption["start_pts_s"], "end_s": end_s})
        spent_s = time.perf_counter() - began
        if answer.status_code != httpx.codes.OK:
            raise BenchmarkError(f"no text within {spent_s:.1f} s: {answer.text}")
        return spent_s

    def _finished_video(self) -> str:
        """The demo's clip, from its upload to its texts."""
        video_id = str(uuid.uuid4())
        clip = cached_clip(demo_clip())
        self._store().put_file(VideoKeys(LOCAL_TENANT, video_id).video, clip.video)  # type: ignore[arg-type]
        self._insert(video_id)
        path = f"/v1/videos/{video_id}"
        _until(lambda: self._get(path)["layout_status"] == "annotate")
        self._api.post(f"{path}/actions/approve-layout").raise_for_status()
        _until(lambda: self._get(path)["text_status"] == "annotate")
        return video_id

    def _get(self, path: str) -> dict[str, Any]:
        return self._api.get(path).raise_for_status().json()

    def _store(self) -> S3Store:
        found = self._stack.store.environment
        return S3Store(
            S3Access(
                bucket=found["CAPTIONACC_S3_BUCKET"],
                endpoint=found["CAPTIONACC_S3_ENDPOINT"],
                region="us-east-1",
                access_key_id=found["CAPTIONACC_S3_ACCESS_KEY_ID"],
                secret_access_key=found["CAPTIONACC_S3_SECRET_ACCESS_KEY"],
            )
        )

    def _insert(self, video_id: str) -> None:
        self._database.execute(
            "insert into captionacc.videos (id, tenant_id, storage_key, size_bytes)"
            " values (%s, %s, %s, 1)",
            [video_id, LOCAL_TENANT, f"{LOCAL_TENANT}/client/videos/{video_id}/video.mp4"],
        )

    def _await_compute(self, video_id: str) -> float:
        """When the first line of compute was reached; returns once the run has ended."""
        _until((self._stamps / video_id).exists)
        _until(lambda: self._has_ended(video_id))
        return float((self._stamps / video_id).read_text(encoding="utf-8"))

    def _has_ended(self, video_id: str) -> bool:
        rows = self._database.execute(
            "select state not in ('queued', 'running') from captionacc.processing_runs"
            " where video_id = %s",
            [video_id],
        ).fetchall()
        return any(row[0] for row in rows)


def main() -> None:
    """Measure our worker, then the stock one, then confirmations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50, help="triggers (default: 50)")
    parser.add_argument("--stock-runs", type=int, default=5, help="of the stock worker")
    parser.add_argument("--confirmations", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="captionacc-bench-") as name:
        folder, stamps = Path(name), Path(name, "stamps")
        stamps.mkdir()
        os.environ["PYTHONPATH"] = str(Path(__file__).with_name("stamped"))
        os.environ["STAMPS"] = str(stamps)
        with running_stack(folder / "data", initial_processing_limit=_WAITING) as stack:
            bench = Bench(stack, stamps)
            for _ in range(_WARM_UP):
                bench.trigger_s()
            ours = [bench.trigger_s() for _ in range(options.runs)]
            waiting_mb = bench.ten_waiting_mb()
            confirmed = bench.confirm_s(options.confirmations)
            with _stock_worker(stack, folder):
                stock = [bench.stock_s() for _ in range(options.stock_runs)]
    _show(ours, stock, confirmed)
    print(f"Ten flows that wait for compute add {waiting_mb:.0f} MiB to the worker.")
    write_result(
        "latency",
        {
            "trigger_to_compute_p50_s": round(median(ours), 3),
            "p99_s": round(_p99(ours), 3),
            "stock_worker_p50_s": round(median(stock), 2),
            "ratio_to_stock": round(median(stock) / median(ours), 1),
            "ten_waiting_mb": round(waiting_mb, 1),
            "confirm_to_text_p50_s": round(median(confirmed), 3),
        },
    )


@contextmanager
def _stock_worker(stack: Stack, folder: Path) -> Iterator[None]:
    """Prefect's process worker on a pool of its own."""
    environment = stack.environment | {"PREFECT_API_URL": f"{stack.prefect_url}/api"}
    register = [str(COMMAND), "worker", "--register-only", "--pool", _POOL]
    subprocess.run(register, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", _POOL]
    with (folder / "stock.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            [*command, "--type", "process"], env=environment, stdout=log, stderr=log
        )
        try:
            _until(lambda: b"started" in (folder / "stock.log").read_bytes())
            yield
        finally:
            process.terminate()
            process.wait()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.perf_counter() + _LIMIT_S
    while not condition():
        if time.perf_counter() > deadline:
            raise BenchmarkError(f"it did not happen within {_LIMIT_S:.0f} s")
        time.sleep(_POLL_S)


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100, method="inclusive")[98]


def _show(ours: list[float], stock: list[float], confirmed: list[float]) -> None:
    table = Table(title="latency")
    for heading in ("from", "to", "runs", "median, s", "p99, s", "most, s"):
        table.add_column(heading, justify="left" if heading in {"from", "to"} else "right")
    for source, target, seconds in (
        ("a video's row", "compute, our worker", ours),
        ("a flow run", "compute, stock worker", stock),
        ("a moved boundary", "its text", confirmed),
    ):
        figures = (median(seconds), _p99(seconds), max(seconds))
        table.add_row(source, target, str(len(seconds)), *(f"{one:.3f}" for one in figures))
    Console().print(table)


if __name__ == "__main__":
    main()
