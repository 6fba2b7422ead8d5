"""From a change between two 10 Hz samples to the native frames where captions end and begin.

A native frame's gradients are projected on a caption's strokes: 1 where the caption stands as
usual, 0 where it does not, in between while it fades. A caption begins with the first frame of
the rise and ends after the last frame of the fall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from captionacc.captions.lasting import gradient_field

if TYPE_CHECKING:
    from captionacc.boundaries.features import Floats
    from captionacc.boundaries.segment import Change, Native
    from captionacc.boundaries.template import Template

MARGIN_S = 0.45
"""How far around the samples of a change frames are looked at: the longest usual fade."""

_HALF = 0.5
_FADE_FLOOR = 0.12
_NOISE_SIGMAS = 4.0
_AGREEMENT = 0.8
_REST_FRAMES = 4
_CLEAR = 0.5
"""Contrast from which a change is seen clearly."""

_LEAST_STEP = 0.03
"""A fade rises by more than this from frame to frame."""

_CUT_STEP = 0.55
"""A rise by more than this from one frame to the next is no fade."""

_MIN_RISE = 0.3
"""Least part of a caption's strokes that must be new against the background."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where one caption ends and the next begins.

    Attributes:
        end_s: PTS of the first native frame without the earlier caption; None if there is none.
        start_s: PTS of the first native frame with the later caption; None if there is none.
        sharpness: 0-1: how clearly the frames around tell before from after.
    """

    end_s: float | None
    start_s: float | None
    sharpness: float


def locate(change: Change) -> Moment:
    """The native frames at which ``change`` happens."""
    frames = _window(change)
    before = change.before.template if change.before else None
    after = change.after.template if change.after else None
    fields = [gradient_field(frame.luma) for frame in frames]
    last_before, first_after = _anchor(frames, change)
    end = start = None
    if before is not None:
        rest = slice(max(first_after, len(frames) - _REST_FRAMES), None)
        end = _end(_presence(before, after, fields, rest), last_before, first_after)
    if after is not None and before is None and change.last_before_s >= change.first_after_s:
        start = _Turn(first_after, 1.0, is_cut=True)  # as at the video's beginning
    elif after is not None:
        rest = slice(None, min(last_before + 1, _REST_FRAMES))
        start = _start(_presence(after, before, fields, rest), last_before, first_after)
    if end is None or start is None:
        sharpness = min((turn.contrast for turn in (end, start) if turn), default=1.0)
    else:
        sharpness = max(end.contrast, start.contrast)
        end, start = _agreed(end, start)
    return Moment(_time(frames, end, change), _time(frames, start, change), sharpness)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A caption's beginning or end: index of the first frame after it, and how clear it is."""

    index: int
    contrast: float
    is_cut: bool


def _agreed(end: _Turn, start: _Turn) -> tuple[_Turn, _Turn]:
    """End and start where one caption follows another: the clearer decides if one is unclear.

    So does a cut if the later caption seems to begin before it: then its strokes were those of
    the earlier one, or it drifts with the background.
    """
    if abs(end.index - start.index) <= 1:
        return start, start
    if start.index < end.index and start.is_cut != end.is_cut:
        return (start, start) if start.is_cut else (end, end)
    if min(end.contrast, start.contrast) >= _CLEAR:
        return end, start
    return (start, start) if start.contrast > end.contrast else (end, end)


def _window(change: Change) -> list[Native]:
    """The frames around the change that show only what is before and after it."""
    low = max(change.last_before_s - MARGIN_S, change.not_before_s)
    high = min(change.first_after_s + MARGIN_S, change.not_after_s)
    return [frame for frame in change.natives if low <= frame.pts_s <= high]


def _anchor(frames: list[Native], change: Change) -> tuple[int, int]:
    """Indexes of the last frame surely before and the first frame surely after the change."""
    times = np.array([frame.pts_s for frame in frames])
    last_before = int(np.searchsorted(times, change.last_before_s, side="right")) - 1
    first_after = int(np.searchsorted(times, change.first_after_s, side="left"))
    return max(last_before, 0), min(first_after, len(frames) - 1)


def _presence(
    template: Template, neighbour: Template | None, fields: list[Floats], rest: slice
) -> Floats:
    """How much each frame shows ``template``'s own strokes: about 0 to 1.

    ``rest`` are frames that do not show it; they tell what the background adds.
    """
    mean, weight = template.spread()
    if neighbour is not None:
        weight = weight * _own(mean, *neighbour.spread())
    strokes = weight * mean
    norm = float((strokes * mean).sum()) + 1.0
    values = np.array([float((strokes * field).sum()) / norm for field in fields], np.float32)
    base = float(np.median(values[rest]))
    return (values - base) / max(1.0 - base, _MIN_RISE)


def _own(mean: Floats, other: Floats, other_weight: Floats) -> Floats:
    """1 where the strokes are not the neighbour's too, 0 where they are, unless all are."""
    dot = np.einsum("cij,cij->ij", mean, other)
    energy = np.maximum(np.einsum("cij,cij->ij", mean, mean), 1.0)
    other_energy = np.maximum(np.einsum("cij,cij->ij", other, other), 1.0)
    same = (dot > _AGREEMENT * np.maximum(energy, other_energy)) & (other_weight > 0)
    own = (~same).astype(np.float32)
    return own if own.any() else np.ones_like(own)


def _start(presence: Floats, last_before: int, first_after: int) -> _Turn:
    """The first frame that shows the caption, between one that does not and one that does."""
    steps = np.diff(presence[last_before : first_after + 1])
    is_cut = bool(steps.size and steps.max() > _CUT_STEP)
    if is_cut:
        start = last_before + 1 + int(steps.argmax())
    else:
        start = _rise(presence, last_before, first_after)
    return _Turn(start, _contrast(presence[start:], presence[:start]), is_cut)


def _end(presence: Floats, last_before: int, first_after: int) -> _Turn:
    """The first frame that does not show the caption: in reverse, the one after its start."""
    final = len(presence) - 1
    turn = _start(presence[::-1], final - first_after, final - last_before)
    return _Turn(len(presence) - turn.index, turn.contrast, turn.is_cut)


def _rise(presence: Floats, last_before: int, first_after: int) -> int:
    """Index of the first frame that shows a caption which fades in.

    It is past one half for good from some frame on, at the latest where it surely stands; what
    comes before belongs to it while it still rises.
    """
    start = first_after
    while start + 1 < len(presence) and presence[start] < _HALF:
        start += 1
    while start > 0 and presence[start - 1] >= _HALF:
        start -= 1
    floor = _floor(presence[: max(min(start, last_before + 1) - 1, 1)])
    while start > 0 and floor < presence[start - 1] < presence[start] - _LEAST_STEP:
        start -= 1
    return start


def _floor(rest: Floats) -> float:
    """Level above which a frame before the rise counts as part of a fade."""
    early = rest[:-2] if rest.size > _REST_FRAMES else rest[:1]
    spread = float(np.median(np.abs(early - np.median(early)))) if early.size else 0.0
    return min(max(_FADE_FLOOR, _NOISE_SIGMAS * spread), _HALF)


def _contrast(shown: Floats, hidden: Floats) -> float:
    if not shown.size or not hidden.size:
        return _HALF
    return float(np.clip(np.median(shown) - np.median(hidden), 0, 1))


def _time(frames: list[Native], turn: _Turn | None, change: Change) -> float | None:
    if turn is None:
        return None
    return frames[turn.index].pts_s if turn.index < len(frames) else change.first_after_s
