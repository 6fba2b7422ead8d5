"""Texts and timing against the ground truth: of the pipeline, and of what other tools do.

Clips are rendered on first use. Baselines know the caption band; the pipeline finds it. They are
deterministic, so their captions are kept beside the clip and made once.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

import baselines
from captionacc.samples import HELD_OUT, TUNING, RenderedClip
from cues import Truth, read_predictions, read_truth
from harness import cached_clip, run_baseline, run_pipeline, write_result
from scoring import NOTHING, Score, score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cues import PredictedCue

_SETS = {"tuning": TUNING, "held_out": HELD_OUT}
_QUICK = ("two_lines", "vfr", "hard")
_ORDINARY = "ordinary"
_NEEDS_CARE = "hard"
PIPELINE = "captionacc"


def main() -> None:
    """Score the pipeline and the baselines on a set of clips."""
    options = _options()
    clips = _folder(options.videos) if options.videos else _rendered(options)
    console = Console(width=None if sys.stdout.isatty() else 132)
    totals: dict[str, dict[str, Score]] = {}
    for clip in clips:
        name = clip.video.stem
        truth = read_truth(clip.truth, fades=name in options.fade)
        for tool in (PIPELINE, *options.baselines):
            result = score(truth, _captions(tool, clip, truth))
            totals.setdefault(tool, {})[name] = result
            _remark(console, tool, name, result, verbose=options.verbose)
    for tool, scores in totals.items():
        console.print(_table(tool, scores))
    name = options.videos.name if options.videos else options.set
    write_result("accuracy", {"set": name} | {tool: _figures(of) for tool, of in totals.items()})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=_SETS, default="held_out")
    parser.add_argument("--quick", action="store_true", help=f"only {', '.join(_QUICK)}")
    parser.add_argument("--clip", action="append", default=[], metavar="NAME", help="only this one")
    parser.add_argument("--videos", type=Path, metavar="DIR", help="clips with truth as JSON")
    parser.add_argument(
        "--fade", action="append", default=[], metavar="NAME", help="this video's captions fade"
    )
    parser.add_argument(
        "--baselines",
        type=lambda text: [name for name in text.split(",") if name],
        default=["ocr_5hz"],
        help="ocr_5hz, frame_skip, both with a comma, or an empty string",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="every cue that is not right")
    options = parser.parse_args()
    if unknown := set(options.baselines) - {"ocr_5hz", "frame_skip"}:
        parser.error(f"no baseline {sorted(unknown)}")
    if unknown := set(options.clip) - set(_SETS[options.set]):
        parser.error(f"no clip {sorted(unknown)}")
    return options


def _rendered(options: argparse.Namespace) -> Sequence[RenderedClip]:
    specs = _SETS[options.set]
    names = options.clip or (_QUICK if options.quick else specs)
    return [cached_clip(specs[name]) for name in names]


def _folder(folder: Path) -> Sequence[RenderedClip]:
    truths = sorted(folder.glob("*.json"))
    return [
        RenderedClip(truth.with_suffix(".mp4"), truth)
        for truth in truths
        if truth.with_suffix(".mp4").exists()
    ]


def _captions(tool: str, clip: RenderedClip, truth: Truth) -> list[PredictedCue]:
    if tool == PIPELINE:
        return run_pipeline(clip.video).cues
    if not truth.cues:
        return []  # nobody can give the band of captions that are not there
    kept = clip.video.with_name(f"{clip.video.stem}.{tool}-{baselines.VERSION}.cues")
    if kept.exists():
        return read_predictions(kept)
    cues = run_baseline(tool, clip).cues
    if kept.parent.parent.name == "clips":
        kept.write_text(json.dumps([asdict(cue) for cue in cues], ensure_ascii=False), "utf-8")
    return cues


def _remark(console: Console, tool: str, name: str, of: Score, *, verbose: bool) -> None:
    line = f"{tool} {name}: {of.matched}/{of.truth} matched, {of.extra} extra, {of.exact} exact"
    console.print(line, highlight=False)
    if verbose:
        for remark in of.remarks:
            console.print(f"   {remark}", highlight=False, markup=False)


def _figures(scores: dict[str, Score]) -> dict[str, Any]:
    ordinary = [result for name, result in scores.items() if name != _NEEDS_CARE]
    return {
        "clips": {name: result.summary() for name, result in scores.items()},
        _ORDINARY: sum(ordinary, NOTHING).summary(),
        "all": sum(scores.values(), NOTHING).summary(),
    }


def _table(tool: str, scores: dict[str, Score]) -> Table:
    table = Table(title=tool, title_justify="left")
    rows = _figures(scores)
    table.add_column("clip")
    for heading in next(iter(rows["clips"].values())):
        table.add_column(heading.replace("_", " "), justify="right")
    for name, summary in rows["clips"].items():
        table.add_row(name, *map(_shown, summary.values()))
    table.add_section()
    for name in (_ORDINARY, "all"):
        table.add_row(name, *map(_shown, rows[name].values()))
    return table


def _shown(figure: float | None) -> str:
    if figure is None:
        return "-"
    return f"{figure:.3f}" if isinstance(figure, float) else str(figure)


if __name__ == "__main__":
    main()
