"""What was written into a rendered clip, and how much of it was found."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from captionacc.model.results import Caption


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
