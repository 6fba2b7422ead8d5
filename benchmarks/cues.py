"""Captions as they are, and captions as tools wrote them."""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pysubs2

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class TrueCue:
    """A caption on native frames ``[start, end)``; ``fades`` if it fades in and out."""

    start: int
    end: int
    text: str
    fades: bool


@dataclass(frozen=True, slots=True)
class Truth:
    """What is on screen.

    Attributes:
        cues: Captions in order of time.
        pts_s: PTS of every native frame in seconds, and the end of the last one.
        crop: The caption band ``(x, y, width, height)`` in display pixels.
    """

    cues: tuple[TrueCue, ...]
    pts_s: tuple[float, ...]
    crop: tuple[int, int, int, int]

    def frame_at(self, time_s: float) -> int:
        """The native frame whose PTS is nearest to ``time_s``."""
        after = bisect_left(self.pts_s, time_s)
        around = [index for index in (after - 1, after) if 0 <= index < len(self.pts_s)]
        return min(around, key=lambda index: abs(self.pts_s[index] - time_s))


@dataclass(frozen=True, slots=True)
class PredictedCue:
    """A caption as a tool wrote it."""

    start_s: float
    end_s: float
    text: str


def read_truth(path: Path, *, fades: bool = False) -> Truth:
    """Ground truth as JSON; without ``pts_s`` frames come at the constant rate ``fps``.

    Args:
        path: The file.
        fades: Whether cues that do not say ``boundary`` fade.
    """
    data = json.loads(path.read_text("utf-8"))
    cues = tuple(
        TrueCue(cue["start"], cue["end"], cue["text"], _fades(cue, default=fades))
        for cue in data["cues"]
    )
    frame_s = 1 / data["fps"]
    last = max((cue.end for cue in cues), default=0)
    pts_s = data.get("pts_s") or [index * frame_s for index in range(last + 250)]
    x, y, width, height = data["crop"]
    return Truth(cues, (*pts_s, pts_s[-1] + frame_s), (x, y, width, height))


def read_predictions(path: Path) -> list[PredictedCue]:
    """Captions from our JSON export, a JSON list of the same entries, or any subtitle file."""
    if path.suffix != ".json":
        return [
            PredictedCue(event.start / 1000, event.end / 1000, event.plaintext)
            for event in pysubs2.load(str(path), encoding="utf-8")
            if not event.is_comment
        ]
    data = json.loads(path.read_text("utf-8"))
    entries = data["captions"] if isinstance(data, dict) else data
    return [PredictedCue(entry["start_s"], entry["end_s"], entry["text"]) for entry in entries]


def _fades(cue: dict[str, Any], *, default: bool) -> bool:
    return cue["boundary"] == "fade" if "boundary" in cue else default
