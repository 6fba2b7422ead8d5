"""How fast the ledger hands out work, and whether in the right order.

On a real Postgres, with runs that 50 tenants of different priorities have queued, and on a real
Prefect server. Only the statements and the dispatch are measured; no flow is run.

``claim_ms_0``: a claim while 5,000 runs are queued and none has ended; ``claim_ms_100k``: the same
after 100,000 have. ``order_violations``: claims of all 5,000 that were not what the rule, written
down a second time here, says. ``dispatch_per_s``: claims with their Prefect flow run
made and noted, as many at once as the flows' limits allow together.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import psycopg
from rich.console import Console
from rich.table import Table

from captionacc.catalog.migrate import migrate
from captionacc.catalog.pool import open_catalog
from captionacc.model.runs import FlowName
from captionacc.settings import get_settings
from captionacc.stack.folders import StackFolders
from captionacc.stack.ports import free_ports
from captionacc.stack.postgres import CATALOG_DATABASE, PREFECT_DATABASE, PostgresService
from captionacc.stack.prefect import PrefectService
from captionacc.worker.environment import configure_prefect
from harness import write_result

if TYPE_CHECKING:
    from captionacc.catalog.pool import Catalog
    from captionacc.model.runs import Run
    from captionacc.worker.prefect_link import PrefectLink

_FLOW = FlowName.MEDIAN_OCR
_UNLIMITED = 1_000_000
_AT_ONCE = 17
_HALF_MINUTE_S = 30

_TENANTS = """
insert into captionacc.tenants (name, priority)
select 'tenant ' || n, 5 * (n % 3) from generate_series(1, 50) as n
"""
_VIDEOS = """
insert into captionacc.videos (id, tenant_id, storage_key, size_bytes, status)
select id, tenant, tenant || '/client/videos/' || id || '/video.mp4', 1, 'active'
from (select gen_random_uuid() as id, id as tenant
    from captionacc.tenants, generate_series(1, 40)) as fresh
"""
# Ages are whole half minutes and a few microseconds, so that time changes nobody's place.
_RUNS = """
insert into captionacc.processing_runs (
    tenant_id, video_id, flow, subject, idempotency_key, parameters, priority, state,
    created_at, finished_at)
select video.tenant_id, video.id, %(flow)s, %(state)s || n, %(state)s || n,
    '{"caption_ids": [1], "version": 1}', 10 * (n %% 2), %(state)s,
    now() - make_interval(secs => 30 * (n %% 23)) - make_interval(secs => n * 1e-6),
    case when %(state)s <> 'queued' then now() end
from generate_series(1, %(count)s) as n
join (select id, tenant_id, row_number() over (order by tenant_id) as place
    from captionacc.videos) as video on video.place = 1 + n * 7 %% 2000
"""


def main() -> None:
    """Fill a ledger, and empty it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queued", type=int, default=5000)
    parser.add_argument("--finished", type=int, default=100_000)
    parser.add_argument("--dispatches", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="captionacc-bench-") as name:
        folders = StackFolders(Path(name))
        folders.make()
        postgres_port, prefect_port = free_ports(2)
        postgres = PostgresService(folders, postgres_port, "a-password")
        database_url = postgres.url(PREFECT_DATABASE)
        prefect = PrefectService(folders, prefect_port, database_url, dict(os.environ))
        try:
            for service in (postgres, prefect):
                service.start()
                service.wait_ready()
            _configure(folders.root, prefect)
            result = asyncio.run(_measure(postgres.url(CATALOG_DATABASE), options))
        finally:
            for service in (prefect, postgres):
                service.stop()
    _show(result, options)
    write_result("queue", result)


def _configure(folder: Path, prefect: PrefectService) -> None:
    """Before Prefect is imported, which reads its settings then."""
    given = {"data_dir": folder, "prefect_api_url": prefect.api_url}
    configure_prefect(get_settings().model_copy(update=given))


async def _measure(database_url: str, options: argparse.Namespace) -> dict[str, Any]:
    from captionacc.worker.prefect_link import PrefectLink  # noqa: PLC0415  # imports Prefect

    await migrate(database_url, webhook=None, embedded=True)
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute(_TENANTS)
        database.execute(_VIDEOS)
        async with open_catalog(database_url) as catalog, PrefectLink() as link:
            _fill(database, "queued", options.queued)
            rule = _Rule(database)
            before_ms = await _claim(catalog, rule, options.queued // 2)
            _fill(database, "succeeded", options.finished)
            after_ms = await _claim(catalog, rule, options.queued)
            database.execute("truncate captionacc.processing_runs")
            _fill(database, "queued", options.dispatches)
            await link.wait_until_ready()
            spent_s = await _dispatch_all(catalog, link)
    return {
        "dispatch_per_s": round(options.dispatches / spent_s, 1),
        "claim_ms_0": round(median(before_ms), 2),
        "claim_ms_100k": round(median(after_ms), 2),
        "order_violations": rule.violations,
    }


def _fill(database: psycopg.Connection[Any], state: str, count: int) -> None:
    with database.transaction():
        database.execute("set local session_replication_role = replica")  # tells nobody
        database.execute(_RUNS, {"flow": _FLOW, "state": state, "count": count})
    database.execute("analyze captionacc.processing_runs")


class _Rule:
    """What is to be claimed next: what waits, by tenant, and what each tenant has running."""

    def __init__(self, database: psycopg.Connection[Any]) -> None:
        rows = database.execute(
            "select run.id::text, run.tenant_id::text, run.priority + tenant.priority"
            " + floor(extract(epoch from now() - run.created_at) / %s), run.created_at"
            " from captionacc.processing_runs as run"
            " join captionacc.tenants as tenant on tenant.id = run.tenant_id"
            " where run.state = 'queued'",
            [_HALF_MINUTE_S],
        ).fetchall()
        self._waiting = {row[0]: row[1:] for row in rows}
        self._running: Counter[str] = Counter()
        self.violations = 0

    def take(self, run: Run) -> None:
        """It waits no longer; whether any that waits comes before it is counted."""
        best = min(map(self._rank, self._waiting.values()))
        self.violations += self._rank(self._waiting.pop(run.id)) != best
        self._running[run.tenant_id] += 1

    def _rank(self, waiting: tuple[Any, ...]) -> tuple[Any, ...]:
        tenant_id, score, created_at = waiting
        return -score, self._running[tenant_id], created_at


async def _claim(catalog: Catalog, rule: _Rule, most: int) -> list[float]:
    """Milliseconds of each claim, until nothing is left."""
    spent_ms: list[float] = []
    while len(spent_ms) < most:
        began = time.perf_counter()
        run = await catalog.runs.claim(_FLOW, _UNLIMITED, "bench")
        if run is None:
            break
        spent_ms.append(1000 * (time.perf_counter() - began))
        rule.take(run)
    return spent_ms


async def _dispatch_all(catalog: Catalog, link: PrefectLink) -> float:
    """Seconds until all that is queued has its flow run."""

    async def dispatch_some() -> None:
        while (run := await catalog.runs.claim(_FLOW, _UNLIMITED, "bench")) is not None:
            flow_run = await link.create_flow_run(run)
            await catalog.runs.set_prefect_flow_run(run, str(flow_run.id))

    began = time.perf_counter()
    await asyncio.gather(*(dispatch_some() for _ in range(_AT_ONCE)))
    return time.perf_counter() - began


def _show(result: dict[str, Any], options: argparse.Namespace) -> None:
    table = Table(title="queue", show_header=False)
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("dispatches per second", f"{result['dispatch_per_s']:.1f}")
    label = f"claim of {options.queued:,}, none ended, ms"
    table.add_row(label, f"{result['claim_ms_0']:.2f}")
    label = f"the same, {options.finished:,} ended, ms"
    table.add_row(label, f"{result['claim_ms_100k']:.2f}")
    table.add_row("claims out of order", str(result["order_violations"]))
    Console().print(table)


if __name__ == "__main__":
    main()
