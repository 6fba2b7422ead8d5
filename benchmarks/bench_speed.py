"""Speed and memory: the pipeline, decoding and encoding alone, and OCR at 5 Hz, interleaved.

Every figure is the median over the repetitions of a whole process, start-up included.
``ratio_to_decode_encode`` is the pipeline's time over the floor's, ``ratio_to_ocr_5hz`` the other
tool's time over the pipeline's. Processor time is shown beside them, because it tells how far
other load on the machine has disturbed the clock.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from captionacc.samples import SPEED
from cues import read_truth
from harness import Run, cached_clip, run_baseline, run_pipeline, write_result
from scoring import score

if TYPE_CHECKING:
    from pathlib import Path

    from captionacc.samples import RenderedClip

_QUICK_S = 25.0
PIPELINE, FLOOR, PEER = "captionacc", "decode_encode", "ocr_5hz"


def main() -> None:
    """Measure all three on a 720p and a 1080p clip."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="repetitions (default: 3)")
    parser.add_argument("--quick", action="store_true", help="short clips, once")
    options = parser.parse_args()
    specs = SPEED.values()
    if options.quick:
        specs = [replace(spec, duration_s=_QUICK_S) for spec in specs]
    clips = {spec.name: cached_clip(spec) for spec in specs}
    runs = _interleaved(clips, 1 if options.quick else options.repeat)
    figures = {name: _figures(clip.truth, runs[name]) for name, clip in clips.items()}
    console = Console(width=None if sys.stdout.isatty() else 132)
    for name, of in figures.items():
        console.print(_table(name, of))
    write_result("speed", _overall(figures))


def _interleaved(clips: dict[str, RenderedClip], repeat: int) -> dict[str, dict[str, list[Run]]]:
    """Runs by clip and tool; the tools take turns, so that a busy machine is busy for all."""
    runs: dict[str, dict[str, list[Run]]] = {
        name: {PIPELINE: [], FLOOR: [], PEER: []} for name in clips
    }
    for _ in range(repeat):
        for name, clip in clips.items():
            of = runs[name]
            of[FLOOR].append(run_baseline(FLOOR, clip))
            of[PIPELINE].append(run_pipeline(clip.video))
            of[PEER].append(run_baseline(PEER, clip))
            done = ", ".join(
                f"{tool} {all_[-1].measured.wall_s:.1f} s" for tool, all_ in of.items()
            )
            sys.stderr.write(f"{name}: {done}\n")
    return runs


def _figures(truth_file: Path, runs: dict[str, list[Run]]) -> dict[str, Any]:
    truth = read_truth(truth_file)
    wall_s = {tool: median(run.measured.wall_s for run in of) for tool, of in runs.items()}
    last = runs[PIPELINE][-1].report
    stages = {
        stage: round(median(run.report["stages"].get(stage, 0.0) for run in runs[PIPELINE]), 3)
        for stage in last["stages"]
    }
    return {
        "duration_s": last["duration_s"],
        "realtime_factor": round(last["duration_s"] / wall_s[PIPELINE], 2),
        "ratio_to_decode_encode": round(wall_s[PIPELINE] / wall_s[FLOOR], 2),
        "ratio_to_ocr_5hz": round(wall_s[PEER] / wall_s[PIPELINE], 2),
        "peak_rss_mb": round(max(run.measured.peak_rss_mb for run in runs[PIPELINE])),
        "stages": stages,
        "wall_s": {tool: round(taken, 2) for tool, taken in wall_s.items()},
        "cpu_s": {
            tool: round(median(run.measured.cpu_s for run in of), 2) for tool, of in runs.items()
        },
        "accuracy": {
            tool: score(truth, runs[tool][-1].cues).summary() for tool in (PIPELINE, PEER)
        },
    }


def _overall(figures: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The worst of all clips, and each clip's own figures."""
    every = list(figures.values())
    return {
        "realtime_factor": min(of["realtime_factor"] for of in every),
        "ratio_to_decode_encode": max(of["ratio_to_decode_encode"] for of in every),
        "ratio_to_ocr_5hz": min(of["ratio_to_ocr_5hz"] for of in every),
        "peak_rss_mb": max(of["peak_rss_mb"] for of in every),
        "stages": every[0]["stages"],
        "clips": figures,
    }


def _table(name: str, of: dict[str, Any]) -> Table:
    title = (
        f"{name}, {of['duration_s']:.0f} s; {of['peak_rss_mb']} MB at most; stages: "
        + ", ".join(f"{stage} {taken:.1f} s" for stage, taken in of["stages"].items())
    )
    table = Table(title=title, title_justify="left")
    headings = (
        "tool",
        "seconds",
        "CPU seconds",
        "x real time",
        "missed",
        "extra",
        "exact",
        "starts +-1 frame",
    )
    for heading in (*headings, "ends +-1 frame"):
        table.add_column(heading, justify="left" if heading == "tool" else "right")
    for tool, taken in of["wall_s"].items():
        found = of["accuracy"].get(tool, {})
        names = ("missed", "extra", "exact", "start_within_1_frame", "end_within_1_frame")
        cells = [str(found.get(name, "")) for name in names]
        costs = (f"{taken:.1f}", f"{of['cpu_s'][tool]:.1f}", f"{of['duration_s'] / taken:.1f}")
        table.add_row(tool, *costs, *cells)
    return table


if __name__ == "__main__":
    main()
