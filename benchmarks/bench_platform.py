"""Many videos of several tenants at once, through the HTTP API, from upload to subtitles.

All of ``captionacc up`` runs, on free ports. Three tenants send their videos at once, and after
them a fourth one of higher priority. Each layout is approved as soon as it is there. What must hold
is read from the ledger's timestamps, and the exit code is 1 if it does not:

- every video is done, at the first attempt, with the texts that were rendered;
- no flow ever exceeds its limit;
- the run with the highest priority, raised by its age, always comes first; so the late tenant
  overtakes, and whoever waits comes first in the end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any, Final

import httpx
import jwt
import psycopg
from rich.console import Console
from rich.table import Table

from captionacc.model.runs import FlowName
from captionacc.samples import demo_clip
from captionacc.settings import get_settings
from captionacc.stack.supervisor import running_stack
from harness import BenchmarkError, cached_clip, write_result
from ledger import LedgerRun, most_at_once, order_violations, overtaken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from captionacc.stack.supervisor import Stack

_TEXTS: Final = ("Good morning, everyone.", "Where have you been?", "I missed the last train.")
_TENANTS: Final = (("north", 0), ("east", 0), ("south", 0), ("urgent", 50))
_POLL_S: Final = 0.5
_LIMIT_S: Final = 1500.0


@dataclass
class Tenant:
    """A tenant, its signed-in client, and the seconds from upload to subtitles of each video."""

    name: str
    priority: int
    http: httpx.Client
    began: dict[str, float] = field(default_factory=dict)
    took_s: dict[str, float] = field(default_factory=dict)
    exact: int = 0

    def ask(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401  # JSON
        """The JSON answer.

        Raises:
            BenchmarkError: the API refuses.
        """
        answer = self.http.request(method, path, **options)
        if answer.is_error:
            raise BenchmarkError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def upload(self, path: Path) -> None:
        """Send the file in one part."""
        began, data = time.monotonic(), path.read_bytes()
        wanted = {"filename": path.name, "size_bytes": len(data)}
        upload = self.ask("POST", "/v1/uploads", json=wanted)
        place = f"/v1/uploads/{upload['id']}"
        urls = self.ask("POST", f"{place}/parts", json={"numbers": [1]})["urls"]
        httpx.put(urls["1"], content=data, timeout=60).raise_for_status()
        self.began[self.ask("POST", f"{place}/complete")["video_id"]] = began

    def look(self) -> None:
        """Approve the layouts that are there, and see which videos are done."""
        for video in self.ask("GET", "/v1/videos", params={"limit": 100})["videos"]:
            if video["error"]:
                raise BenchmarkError(f"{self.name}: {video['error']}")
            if video["layout_status"] == "annotate" and video["captions_status"] == "wait":
                self._approve(video["id"])
            if video["text_status"] == "annotate" and video["id"] not in self.took_s:
                self.took_s[video["id"]] = time.monotonic() - self.began[video["id"]]
                self.exact += self._texts(video["id"]) == _TEXTS

    def _approve(self, video_id: str) -> None:
        """Once or twice: the second approval of a region is the first one."""
        self.ask("POST", f"/v1/videos/{video_id}/actions/approve-layout")

    def _texts(self, video_id: str) -> tuple[str, ...]:
        exported = self.ask("GET", f"/v1/videos/{video_id}/export", params={"format": "json"})
        return tuple(caption["text"] for caption in exported["captions"])


def main() -> None:
    """Measure, show, and fail if something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=5, help="videos of each tenant (default: 5)")
    options = parser.parse_args()
    spec = replace(
        demo_clip(),
        name="platform",
        width=640,
        height=360,
        duration_s=8.0,
        texts=_TEXTS,
        overlays=(),
        size=0.07,
        durations_s=(1.8, 2.0, 1.6),
        gaps_s=(0.4, 0.0, 0.6),
    )
    video = cached_clip(spec).video
    with (
        tempfile.TemporaryDirectory(prefix="captionacc-bench-") as folder,
        running_stack(Path(folder)) as stack,
    ):
        tenants = [_new_tenant(stack, name, priority) for name, priority in _TENANTS]
        began = time.monotonic()
        _upload_all(tenants, video, options.each)
        _until(lambda: _are_done(tenants, options.each))
        wall_s = time.monotonic() - began
        runs, attempts = _ledger(stack)
    result = _judge(tenants, runs, attempts, wall_s)
    _show(tenants, runs, result)
    write_result("platform", result)
    sys.exit(0 if result["holds"] else 1)


def _new_tenant(stack: Stack, name: str, priority: int) -> Tenant:
    tenant_id = str(uuid.uuid4())
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(
            "insert into captionacc.tenants (id, name, priority) values (%s, %s, %s)",
            [tenant_id, name, priority],
        )
    claims = {
        "sub": str(uuid.uuid4()),
        "aud": "authenticated",
        "exp": int(time.time() + 2 * _LIMIT_S),
        "app_metadata": {"tenant_id": tenant_id},
    }
    token = jwt.encode(claims, stack.secrets.jwt_secret, algorithm="HS256")
    http = httpx.Client(
        base_url=stack.api_url, timeout=60, headers={"Authorization": f"Bearer {token}"}
    )
    return Tenant(name, priority, http)


def _upload_all(tenants: Sequence[Tenant], video: Path, each: int) -> None:
    """Those of ordinary priority at once, then the others at once."""
    for is_urgent in (False, True):
        senders = [one for one in tenants if (one.priority > 0) is is_urgent] * each
        with ThreadPoolExecutor(len(senders)) as pool:
            list(pool.map(lambda tenant: tenant.upload(video), senders))


def _are_done(tenants: Sequence[Tenant], each: int) -> bool:
    for tenant in tenants:
        tenant.look()
    return all(len(tenant.took_s) == each for tenant in tenants)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LIMIT_S
    while not condition():
        if time.monotonic() > deadline:
            raise BenchmarkError(f"not done after {_LIMIT_S:.0f} s")
        threading.Event().wait(_POLL_S)


def _ledger(stack: Stack) -> tuple[list[LedgerRun], list[int]]:
    """All runs, and their attempts."""
    with psycopg.connect(stack.database_url) as connection:
        rows = connection.execute(
            "select run.flow, tenant.name, run.priority + tenant.priority,"
            " extract(epoch from run.created_at)::float8,"
            " extract(epoch from claimed_at)::float8, extract(epoch from finished_at)::float8,"
            " attempt from captionacc.processing_runs run"
            " join captionacc.tenants tenant on tenant.id = run.tenant_id"
            " where state = 'succeeded'"
        ).fetchall()
    return [LedgerRun(*row[:-1]) for row in rows], [row[-1] for row in rows]


def _limits() -> dict[str, int]:
    settings = get_settings()
    return {
        FlowName.VIDEO_INITIAL_PROCESSING: settings.initial_processing_limit,
        FlowName.CROP_AND_INFER: settings.crop_and_infer_limit,
        FlowName.MEDIAN_OCR: settings.median_ocr_limit,
    }


def _judge(
    tenants: Sequence[Tenant], runs: Sequence[LedgerRun], attempts: Sequence[int], wall_s: float
) -> dict[str, Any]:
    videos = sum(len(tenant.took_s) for tenant in tenants)
    most, violations = most_at_once(runs), order_violations(runs)
    result = {
        "videos": videos,
        "runs": len(runs),
        "retries": sum(attempt - 1 for attempt in attempts),
        "exact": sum(tenant.exact for tenant in tenants),
        "most_at_once": {flow: most[flow] for flow in _limits()},
        "limits_exceeded": sum(most[flow] > limit for flow, limit in _limits().items()),
        "order_violations": violations,
        "overtaken": sum(overtaken(run, runs) for run in runs if run.priority > 0),
        "wall_s": round(wall_s, 1),
        "videos_per_min": round(60 * videos / wall_s, 2),
    }
    holds = result["exact"] == videos and result["overtaken"] > 0
    holds &= not (result["retries"] or result["limits_exceeded"] or violations)
    return result | {"holds": holds}


def _show(tenants: Sequence[Tenant], runs: Sequence[LedgerRun], result: dict[str, Any]) -> None:
    console = Console()
    table = Table(title="flows")
    for heading in ("flow", "limit", "most at once", "runs", "mean wait, s", "mean work, s"):
        is_name = heading == "flow"
        table.add_column(heading, justify="left" if is_name else "right", no_wrap=is_name)
    for flow, limit in _limits().items():
        own = [run for run in runs if run.flow == flow]
        waits, works = mean(run.wait_s for run in own), mean(run.work_s for run in own)
        most = str(result["most_at_once"][flow])
        table.add_row(flow, str(limit), most, str(len(own)), f"{waits:.1f}", f"{works:.1f}")
    console.print(table)
    table = Table(title="tenants")
    for heading in ("tenant", "priority", "overtook", "first done, s", "mean, s", "last, s"):
        table.add_column(heading, justify="left" if heading == "tenant" else "right")
    for tenant in tenants:
        took = sorted(tenant.took_s.values())
        passed = sum(overtaken(run, runs) for run in runs if run.tenant == tenant.name)
        times = (f"{seconds:.1f}" for seconds in (took[0], mean(took), took[-1]))
        table.add_row(tenant.name, str(tenant.priority), str(passed), *times)
    console.print(table)


if __name__ == "__main__":
    main()
