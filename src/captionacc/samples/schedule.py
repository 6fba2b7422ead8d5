"""When frames and captions are shown: presentation timestamps and cue extents."""

from __future__ import annotations

import random
from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle
from typing import TYPE_CHECKING

from captionacc.model.timing import FrameExtent
from captionacc.samples.lettering import has_cjk

if TYPE_CHECKING:
    from captionacc.samples.spec import ClipSpec

_LEAD_IN_S = 1.0
_TAIL_S = 0.8
_VFR_TIME_BASE = Fraction(1, 90_000)


@dataclass(frozen=True, slots=True)
class Clock:
    """PTS of every native frame in ticks of ``time_base`` seconds."""

    time_base: Fraction
    ticks: tuple[int, ...]

    def seconds(self, index: int) -> float:
        """PTS of frame ``index`` in seconds."""
        return float(self.ticks[index] * self.time_base)


@dataclass(frozen=True, slots=True)
class Cue:
    """A caption on native frames."""

    extent: FrameExtent
    text: str


def plan_clock(spec: ClipSpec) -> Clock:
    """Every frame's PTS: a constant rate, or the runs of the variable pattern."""
    if not spec.vfr_pattern:
        count = int(spec.duration_s * spec.fps)
        return Clock(1 / spec.fps, tuple(range(count)))
    ticks: list[int] = []
    now = Fraction(0)
    for rate, frames in cycle(spec.vfr_pattern):
        for _ in range(frames):
            if now >= spec.duration_s:
                return Clock(_VFR_TIME_BASE, tuple(ticks))
            ticks.append(round(now / _VFR_TIME_BASE))
            now += 1 / rate
    raise AssertionError("a cycle does not end")


def plan_cues(spec: ClipSpec, clock: Clock) -> list[Cue]:
    """Captions at reading speed with the spec's gaps, on whole native frames."""
    if not spec.texts:
        return []
    rng = random.Random(f"cues:{spec.seed}")  # noqa: S311 - reproducible, nothing secret
    times = [clock.seconds(index) for index in range(len(clock.ticks))]
    cues: list[Cue] = []
    start_s = _LEAD_IN_S
    for number, text in enumerate(cycle(spec.texts)):
        end_s = start_s + _duration_s(spec, number, text, rng)
        if end_s > times[-1] - _TAIL_S:
            return cues
        first, last = bisect_left(times, start_s - 1e-6), bisect_left(times, end_s - 1e-6)
        cues.append(Cue(FrameExtent(first, last), text))
        start_s = times[last] + _gap_s(spec, number, rng)
    raise AssertionError("a cycle does not end")


def _duration_s(spec: ClipSpec, number: int, text: str, rng: random.Random) -> float:
    if spec.durations_s:
        return spec.durations_s[number % len(spec.durations_s)]
    per_character_s = 0.16 if has_cjk(text) and "\n" not in text else 0.05
    reading_s = 0.6 + per_character_s * len(text)
    return min(max(reading_s, 0.9), 3.6) * rng.uniform(0.85, 1.2)


def _gap_s(spec: ClipSpec, number: int, rng: random.Random) -> float:
    if spec.gaps_s:
        return spec.gaps_s[number % len(spec.gaps_s)]
    return 0.0 if rng.random() < 0.3 else rng.uniform(0.08, 1.2)  # noqa: PLR2004 - three in ten touch
