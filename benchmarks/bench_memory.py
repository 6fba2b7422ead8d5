"""Memory and temporary disk on a long 1080p video, which is the speed clip in a loop.

Prints the memory of the whole process tree for each tenth of the run, the largest extent of all
files that the run makes, and the size of what it leaves.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import psutil
from rich.console import Console
from rich.table import Table

from captionacc.samples.sets import SPEED
from harness import COMMAND, BenchmarkError, cached_clip, tree_memory, write_result

_POLL_S = 1.0
_TENTHS = 10


@dataclass
class Watched:
    """What was seen while the command ran: seconds, bytes of memory, bytes on disk."""

    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    disk: list[int] = field(default_factory=list)


def main() -> None:
    """Measure one long run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=2.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        video = folder / "long.mp4"
        clip = cached_clip(SPEED["speed_1080p25"])
        duration_s = _loop(clip.video, video, options.hours * 3600)
        seen, report = _run(video, folder)
        outputs = _size(folder / "work") + _size(folder / "kept")
    _show(seen, duration_s, outputs)
    peak_mb, tenths = max(seen.memory) / 1e6, _by_tenth(seen)
    write_result(
        "memory",
        {
            "hours": round(duration_s / 3600, 3),
            "captions": len(report["captions"]),
            "realtime_factor": report["realtime_factor"],
            "peak_rss_mb": round(peak_mb),
            "rss_mb_by_tenth": tenths,
            "outputs_mb": round(outputs / 1e6),
            "temporary_disk_mb": round((max(seen.disk) - outputs) / 1e6),
        },
    )


def _loop(source: Path, target: Path, duration_s: float) -> float:
    """Repeat ``source`` without encoding it anew; returns the duration in seconds."""
    with av.open(str(target), "w") as out, av.open(str(source)) as first:
        track: Any = out.add_stream_from_template(first.streams.video[0])
        length = int(first.streams.video[0].duration)
        base = first.streams.video[0].time_base
        count = max(round(duration_s / float(length * base)), 1)
        for turn in range(count):
            with av.open(str(source)) as container:
                for packet in container.demux(video=0):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.pts += turn * length
                    packet.dts += turn * length
                    packet.stream = track
                    out.mux(packet)
    return float(count * length * base)


def _run(video: Path, folder: Path) -> tuple[Watched, dict[str, Any]]:
    for name in ("work", "kept"):
        (folder / name).mkdir()
    settings = {"CAPTIONACC_CACHE_DIR": str(folder / "work"), "TMPDIR": str(folder / "work")}
    command = [COMMAND, "process", video, "--json", "--quiet", "--keep", folder / "kept"]
    command += ["-o", folder / "kept" / "captions.srt"]
    seen = Watched()
    with tempfile.TemporaryFile("w+") as stdout:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  # our own command
            list(map(str, command)), stdout=stdout, env=os.environ | settings
        )
        root = psutil.Process(process.pid)
        while process.poll() is None:
            seen.seconds.append(time.perf_counter() - began)
            seen.memory.append(tree_memory(root))
            seen.disk.append(_size(folder / "work") + _size(folder / "kept"))
            time.sleep(_POLL_S)
        if process.returncode:
            raise BenchmarkError(f"exit code {process.returncode}")
        stdout.seek(0)
        return seen, json.loads(stdout.read().strip().splitlines()[-1])


def _size(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):  # which passes over folders that go meanwhile
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(place, name).stat().st_size
    return total


def _by_tenth(seen: Watched) -> list[int]:
    """Largest memory in each tenth of the run, in MB."""
    largest = [0] * _TENTHS
    for second, memory in zip(seen.seconds, seen.memory, strict=True):
        tenth = min(int(_TENTHS * second / seen.seconds[-1]), _TENTHS - 1)
        largest[tenth] = max(largest[tenth], memory)
    return [round(memory / 1e6) for memory in largest]


def _show(seen: Watched, duration_s: float, outputs: int) -> None:
    table = Table(title=f"{duration_s / 3600:.2f} hours of 1080p in {seen.seconds[-1]:.0f} s")
    table.add_column("part of the run")
    table.add_column("memory, MB", justify="right")
    for tenth, memory in enumerate(_by_tenth(seen), 1):
        table.add_row(f"{tenth}/{_TENTHS}", str(memory))
    console = Console()
    console.print(table)
    extra = (max(seen.disk) - outputs) / 1e6
    console.print(f"outputs {outputs / 1e6:.0f} MB, never more than {extra:.0f} MB beside them")


if __name__ == "__main__":
    main()
