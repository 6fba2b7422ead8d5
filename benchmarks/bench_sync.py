"""What an edit costs until it is durable, in the sync engine.

``raw_fsync_ms``: a log's worth of bytes appended to a file on the same disk and brought to it; the
cost that no database can go below.
``transaction_p50_ms``, ``transaction_p99_ms``: one row changed and committed, by one client's edit
as it comes over the wire: checked, merged, on the disk.
``p99_100_databases_ms``: the same on 100 databases that get two edits a second each, from when an
edit is due until it is durable.
``loop_p99_ms``: how late the event loop is meanwhile.
``first_open_ms``, ``open_ms``: a layout of 2,100 boxes, shared for the first time and again.
``mb_per_database``: memory of one more open database, in 10**6 bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import shutil
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

import psutil
from rich.console import Console
from rich.table import Table

from captionacc.databases.layout import BOXES_PER_FRAME, LayoutBox, LayoutConfig, write_layout
from captionacc.model.geometry import OcrBox
from captionacc.sync.changes import Change, pack_id
from captionacc.sync.engine.workers import Turns, Workers
from captionacc.sync.incoming import accept
from captionacc.sync.sharing import open_shared
from harness import write_result

if TYPE_CHECKING:
    from captionacc.sync.engine.database import SyncDatabase

_SITE = b"\x11" * 16
_FRAMES = 300
_BOXES = 7
_LOG_BYTES = 5 * 4120
_EDITS = 500
_DATABASES = 100
_EDITS_PER_S = 2.0
_TICK_S = 0.005
_MEMORY_DATABASES = 50


def main() -> None:
    """Measure on a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="of 100 databases (15)")
    parser.add_argument("--folder", type=Path, default=None, help="on the disk to measure")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="captionacc-bench-", dir=options.folder))
    try:
        result = _measure(folder, options.seconds)
    finally:
        shutil.rmtree(folder)
    _show(result)
    write_result("sync", result)


def _measure(folder: Path, seconds: float) -> dict[str, float]:
    template = folder / "layout.db"
    _write_layout(template)
    began = time.perf_counter()
    open_shared(template, "layout").close()
    first_s = time.perf_counter() - began
    database, opened_s = _opened(template)
    raw_s, edits_s = _edits(database, folder / "raw")
    database.close()
    late_s, loop_s = asyncio.run(_many(_copies(template, _DATABASES), seconds))
    return {
        "raw_fsync_ms": _ms(median(raw_s)),
        "raw_fsync_p99_ms": _p99_ms(raw_s),
        "transaction_p50_ms": _ms(median(edits_s)),
        "transaction_p99_ms": _p99_ms(edits_s),
        "p50_100_databases_ms": _ms(median(late_s)),
        "p99_100_databases_ms": _p99_ms(late_s),
        "loop_p99_ms": _p99_ms(loop_s),
        "first_open_ms": _ms(first_s),
        "open_ms": _ms(opened_s),
        "mb_per_database": round(_memory_mb(_copies(template, _MEMORY_DATABASES)), 2),
    }


def _write_layout(path: Path) -> None:
    boxes = (
        LayoutBox(frame, index, OcrBox(f"word {index}", 0.9, 0.1, 0.2, 0.3, 0.4))
        for frame in range(_FRAMES)
        for index in range(_BOXES)
    )
    write_layout(path, LayoutConfig(1920, 1080, None), boxes)


def _opened(path: Path) -> tuple[SyncDatabase, float]:
    began = time.perf_counter()
    database = open_shared(path, "layout")
    return database, time.perf_counter() - began


def _copies(template: Path, count: int) -> list[SyncDatabase]:
    paths = [template.with_name(f"{count}-{number}.db") for number in range(count)]
    return [open_shared(Path(shutil.copyfile(template, path)), "layout") for path in paths]


def _edits(database: SyncDatabase, raw: Path) -> tuple[list[float], list[float]]:
    """Raw writes and edits by turns, so that both meet the same disk."""
    raw_s, edits_s = [], []
    content = os.urandom(_LOG_BYTES)
    with raw.open("wb", buffering=0) as file:
        for number in range(_EDITS):
            began = time.perf_counter()
            file.write(content)
            os.fsync(file.fileno())
            raw_s.append(time.perf_counter() - began)
            began = time.perf_counter()
            _edit(database, number)
            edits_s.append(time.perf_counter() - began)
    return raw_s, edits_s


def _edit(database: SyncDatabase, number: int) -> None:
    box_id = number % _FRAMES * BOXES_PER_FRAME
    label, version = ("in", "out")[number % 2], 2 + number
    change = Change("boxes", pack_id(box_id), "label", label, version, number, _SITE, 1, 0)
    accept(database, "layout", [change], _SITE)


async def _many(databases: list[SyncDatabase], seconds: float) -> tuple[list[float], list[float]]:
    """Delays of edits, and of the event loop."""
    workers, late_s, loop_s = Workers(), [], []
    ends = time.perf_counter() + seconds

    async def edit(database: SyncDatabase, due: float) -> None:
        turns, number = Turns(database, workers), 0
        while due < ends:
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            await turns.run(partial(_edit, number=number))
            late_s.append(time.perf_counter() - due)
            number, due = number + 1, due + 1 / _EDITS_PER_S

    async def tick() -> None:
        while (began := time.perf_counter()) < ends:
            await asyncio.sleep(_TICK_S)
            loop_s.append(time.perf_counter() - began - _TICK_S)

    start = time.perf_counter()
    step_s = 1 / _EDITS_PER_S / len(databases)
    edits = (edit(one, start + index * step_s) for index, one in enumerate(databases))
    await asyncio.gather(tick(), *edits)
    for database in databases:
        database.close()
    workers.close()
    return late_s, loop_s


def _memory_mb(databases: list[SyncDatabase]) -> float:
    """What one takes after some edits; counted as what goes away when they are closed."""
    for database in databases:
        for number in range(20):
            _edit(database, number)
    process = psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    for database in databases:
        database.abandon()
    databases.clear()
    gc.collect()
    return (before - process.memory_info().rss) / _MEMORY_DATABASES / 1e6


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 2)


def _p99_ms(seconds: list[float]) -> float:
    return _ms(quantiles(seconds, n=100)[-1])


def _show(result: dict[str, float]) -> None:
    table = Table("figure", "value")
    for name, value in result.items():
        table.add_row(name, f"{value:g}")
    Console(stderr=True).print(table)


if __name__ == "__main__":
    main()
