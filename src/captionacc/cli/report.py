"""What ``process --json`` prints: one object for each video, on a line of its own."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from pathlib import Path

    from captionacc.cli.outputs import Output
    from captionacc.cli.recipe import ProcessedVideo


class CaptionReport(TypedDict):
    """One caption: seconds, text with line breaks, confidence 0-1, names of doubts."""

    start_s: float
    end_s: float
    text: str
    confidence: float
    flags: list[str]


class Report(TypedDict):
    """The object; ``crop_region`` is left, top, right, bottom as fractions of the frame."""

    video: str
    duration_s: float
    width: int
    height: int
    fps: float
    crop_region: list[float] | None
    captions: list[CaptionReport]
    elapsed_s: float
    realtime_factor: float
    stages: dict[str, float]
    outputs: dict[str, str]


def make_report(result: ProcessedVideo, output: Output, keep: Path | None) -> Report:
    """The object for one processed video."""
    probe, region = result.probe, result.crop_region
    outputs = {"subtitles": str(output.path)}
    if keep is not None:
        outputs["kept"] = str(keep)
    return Report(
        video=str(result.video),
        duration_s=round(probe.duration_s, 3),
        width=probe.width,
        height=probe.height,
        fps=round(probe.fps, 3),
        crop_region=None if region is None else [round(edge, 4) for edge in region.as_tuple()],
        captions=[
            CaptionReport(
                start_s=round(caption.start_s, 3),
                end_s=round(caption.end_s, 3),
                text=caption.text,
                confidence=round(caption.confidence, 4),
                flags=list(caption.flags),
            )
            for caption in result.captions
        ],
        elapsed_s=round(result.elapsed_s, 3),
        realtime_factor=round(result.realtime_factor, 2),
        stages={stage: round(spent, 3) for stage, spent in result.stages.items()},
        outputs=outputs,
    )


def print_report(result: ProcessedVideo, output: Output, keep: Path | None) -> None:
    """Write the object to stdout as one line."""
    sys.stdout.write(json.dumps(make_report(result, output, keep), ensure_ascii=False) + "\n")
    sys.stdout.flush()
