"""Renders the sample clip, processes it, and shows what came out beside the truth."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from captionacc.cli.batch import INTERRUPTED_EXIT_CODE, worker_options
from captionacc.cli.display import make_display
from captionacc.cli.recipe import ProcessRequest, process_video
from captionacc.cli.workfolder import video_identity
from captionacc.compute.backends.local import LocalBackend
from captionacc.compute.contracts import OcrOptions
from captionacc.errors import CancelledError
from captionacc.samples import demo_clip, render_clip
from captionacc.settings import get_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.cli.recipe import ProcessedVideo
    from captionacc.model.results import Caption


def run_demo(*, is_quiet: bool) -> int:
    """Run the demo; returns the exit code.

    Raises:
        MissingDependencyError: the sample clip's footage or fonts are not installed.
        CaptionAccError: whatever kept the clip from being processed.
    """
    settings = get_settings()
    with make_display(quiet=is_quiet) as display, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with LocalBackend(options=worker_options(settings)) as backend:
                display.say("Rendering a sample clip with burned-in captions ...")
                clip = render_clip(demo_clip(), folder)
                display.start(clip.video.name)
                request = ProcessRequest(
                    clip.video, video_identity(clip.video), ocr=OcrOptions(threads=settings.threads)
                )
                result = process_video(request, folder / "work", backend, display)
                display.finish()
        except (KeyboardInterrupt, CancelledError):
            display.say("Interrupted.")
            return INTERRUPTED_EXIT_CODE
        cues, fps = read_truth(clip.truth)
    _show(result, compare(result.captions, cues, fps))
    return 0


def _show(result: ProcessedVideo, comparison: str) -> None:
    console = Console()
    console.print(_table(result.captions))
    console.print(comparison, highlight=False)
    console.print(
        f"{result.probe.duration_s:.0f} s of {result.probe.width}x{result.probe.height} video in"
        f" {result.elapsed_s:.1f} s: {result.realtime_factor:.1f}x real time.",
        highlight=False,
    )


def _table(captions: Sequence[Caption]) -> Table:
    table = Table("Start", "End", "Text", "Confidence")
    for caption in captions:
        table.add_row(
            f"{caption.start_s:.3f}",
            f"{caption.end_s:.3f}",
            caption.text,
            f"{caption.confidence:.0%}",
        )
    return table


@dataclass(frozen=True, slots=True)
class TrueCue:
    """What was written into the clip: text, and PTS of first frame and of the first after it."""

    text: str
    start_s: float
    end_s: float


def read_truth(path: Path) -> tuple[list[TrueCue], float]:
    """The cues of a clip's ground truth (``captionacc.samples.truth_of``), and its frame rate."""
    truth: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    fps: float = truth["fps"]
    pts_s: list[float] = [*truth["pts_s"], truth["pts_s"][-1] + 1 / fps]
    spans: list[tuple[str, int, int]] = [
        (cue["text"], cue["start"], cue["end"]) for cue in truth["cues"]
    ]
    return [TrueCue(text, pts_s[start], pts_s[end]) for text, start, end in spans], fps


def compare(captions: Sequence[Caption], cues: Sequence[TrueCue], fps: float) -> str:
    """One line: how many of the written captions were found, read exactly and timed exactly."""
    pairs = [(cue, _best(captions, cue)) for cue in cues]
    found = [(cue, caption) for cue, caption in pairs if caption is not None]
    exact = sum(caption.text.split() == cue.text.split() for cue, caption in found)
    tolerance_s = 1.5 / fps
    timed = sum(
        abs(caption.start_s - cue.start_s) < tolerance_s
        and abs(caption.end_s - cue.end_s) < tolerance_s
        for cue, caption in found
    )
    extra = len(captions) - len({id(caption) for _, caption in found})
    return (
        f"Compared with what was written into the clip: {len(found)} of {len(cues)} captions"
        f" found, {exact} read exactly, {timed} timed within one frame at both ends; {extra} too"
        " many."
    )


def _best(captions: Sequence[Caption], cue: TrueCue) -> Caption | None:
    best = max(captions, key=lambda caption: _overlap_s(caption, cue), default=None)
    return best if best is not None and _overlap_s(best, cue) > 0 else None


def _overlap_s(caption: Caption, cue: TrueCue) -> float:
    return min(caption.end_s, cue.end_s) - max(caption.start_s, cue.start_s)
