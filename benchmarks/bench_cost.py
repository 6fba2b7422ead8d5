"""What an hour of video costs on GPU functions, and what 10, 1,000 and 100,000 videos a day need.

The three functions are run here, on this machine's processor, on a rendered clip; what they take of
it is taken for what a container with at least two cores takes. A GPU makes the reading of text
faster and nothing slower, so this is an upper bound: nobody has measured it on a GPU yet.
``--reading-speedup`` says what would follow from a guess. Then a day is simulated for each load.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psutil
from rich.console import Console
from rich.table import Table

from captionacc.compute.backends.gpu_functions import (
    CROP_AND_INFER,
    EXTRACT,
    GPU_FUNCTIONS,
    MEDIAN_OCR,
    PRICES_OF,
)
from captionacc.compute.backends.local import LocalBackend
from captionacc.compute.contracts import CropInferJob, ExtractJob, MedianOcrJob
from captionacc.model.ids import CaptionId, TenantId, VideoId
from captionacc.samples import SPEED
from captionacc.storage.location import StoreLocation
from cost_model import Day, Load, enough, late, simulate
from harness import cached_clip, write_result

if TYPE_CHECKING:
    from captionacc.compute.contracts import Job, JobResult

ORIGINAL_USD_PER_HOUR = 0.34
LOADS = (10, 1_000, 100_000)
CORES = 2  # that the functions surely keep busy
DEFAULT_LIMITS = {EXTRACT.name: 5, CROP_AND_INFER.name: 2, MEDIAN_OCR.name: 10}
PATIENCE_S = 60.0
CLIP = "speed_720p25"


def main() -> None:
    """Measure, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short clip")
    parser.add_argument("--reading-speedup", type=float, default=1.0, help="of a GPU (default: 1)")
    options = parser.parse_args()
    spec = SPEED[CLIP]
    if options.quick:
        spec = replace(spec, duration_s=25.0)
    per_second = {
        name: seconds / spec.duration_s / options.reading_speedup
        for name, seconds in _measure(cached_clip(spec).video).items()
    }
    days = {videos: _day(videos, per_second) for videos in LOADS}
    console = Console(width=None if sys.stdout.isatty() else 132)
    console.print(_functions_table(per_second))
    console.print(_days_table(days))
    console.print(f"List prices of {PRICES_OF}; the GPU itself was not measured.", highlight=False)
    write_result("cost", _figures(per_second, days))


def _measure(video: Path) -> dict[str, float]:
    """Seconds on ``CORES`` cores, from processor time, which other load changes less."""
    with tempfile.TemporaryDirectory() as folder, LocalBackend() as backend:
        common = {
            "store": StoreLocation(path=Path(folder)),
            "tenant_id": TenantId("bench"),
            "video_id": VideoId("cost"),
            "video_path": video,
        }

        def run(job: Job) -> tuple[JobResult, float]:
            before = _processor_s(backend)
            result = backend.result(backend.submit(job))
            return result, (_processor_s(backend) - before) / CORES

        backend.result(backend.submit(ExtractJob(job_key="warm-up", **common)))
        found, extract_s = run(ExtractJob(job_key="extract", **common))
        crop = CropInferJob(job_key="infer", crop_region=found.crop_region, **common)
        inferred, infer_s = run(crop)
        extents = {CaptionId(number): one for number, one in enumerate(inferred.captions)}
        _, read_s = run(MedianOcrJob(job_key="read", captions=extents, **common))
    return {EXTRACT.name: extract_s, CROP_AND_INFER.name: infer_s, MEDIAN_OCR.name: read_s}


def _processor_s(backend: LocalBackend) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in backend.worker_pids]
    return sum(time.user + time.system for time in times)


def _day(videos: int, per_second: dict[str, float]) -> tuple[dict[str, int], Day]:
    load = Load(videos, per_second, DEFAULT_LIMITS)
    limits = enough(load, PATIENCE_S)
    return limits, simulate(replace(load, limits=limits))


def _working_usd(per_second: dict[str, float]) -> float:
    """Of an hour of video in one piece, in containers that are warm and then busy elsewhere."""
    return sum(float(one.usd_per_s) * per_second[one.name] * 3600 for one in GPU_FUNCTIONS)


def _functions_table(per_second: dict[str, float]) -> Table:
    table = Table(title="one hour of video, working time alone")
    for title in ("function", "GPU", "seconds", "USD"):
        table.add_column(title, justify="right" if title in {"seconds", "USD"} else "left")
    for one in GPU_FUNCTIONS:
        seconds = per_second[one.name] * 3600
        usd = float(one.usd_per_s) * seconds
        table.add_row(one.name, one.gpu, f"{seconds:.0f}", f"{usd:.3f}")
    table.add_row("all", "", "", f"{_working_usd(per_second):.3f}")
    table.add_row("the original design's estimate", "", "", f"{ORIGINAL_USD_PER_HOUR:.3f}")
    return table


def _days_table(days: dict[int, tuple[dict[str, int], Day]]) -> Table:
    table = Table(title=f"a day; limits under which 95 % wait at most {PATIENCE_S:.0f} s")
    titles = ("videos", "hours of video", "limits", "done: median", "95 %", "USD a day", "USD/hour")
    for title in titles:
        table.add_column(title, justify="right")
    for videos, (limits, day) in days.items():
        table.add_row(
            f"{videos:,}",
            f"{day.video_hours:,.0f}",
            " / ".join(str(limits[one.name]) for one in GPU_FUNCTIONS),
            f"{median(day.done_s):.0f} s",
            f"{late(day.done_s):.0f} s",
            f"{day.cost_usd:,.2f}",
            f"{day.cost_usd / day.video_hours:.3f}",
        )
    return table


def _figures(
    per_second: dict[str, float], days: dict[int, tuple[dict[str, int], Day]]
) -> dict[str, object]:
    return {
        "usd_per_video_hour_working": round(_working_usd(per_second), 4),
        "usd_per_video_hour_original": ORIGINAL_USD_PER_HOUR,
        "seconds_per_video_s": {name: round(value, 4) for name, value in per_second.items()},
        "days": {
            str(videos): {
                "limits": limits,
                "usd": round(day.cost_usd, 2),
                "usd_per_video_hour": round(day.cost_usd / day.video_hours, 4),
                "done_p50_s": round(median(day.done_s), 1),
                "done_p95_s": round(late(day.done_s), 1),
            }
            for videos, (limits, day) in days.items()
        },
    }


if __name__ == "__main__":
    main()
