"""Presentation times: ticks of a stream to seconds on the container's timeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

_JUMP_S = 10.0
_GLITCH_S = 1.0
_HEAL_STEP_S = 1e-4
_ROUNDING = Fraction(1, 500_000)
_MICROSECOND = Fraction(1, 1_000_000)
_DEFAULT_RATE = Fraction(25)


class Timed(Protocol):
    """What has timestamps in ticks: a decoded frame or a packet."""

    @property
    def pts(self) -> int | None:
        """Presentation timestamp."""
        ...

    @property
    def dts(self) -> int | None:
        """Decoding timestamp."""
        ...

    @property
    def duration(self) -> int | None:
        """How long it is shown; 0 or None if unknown."""
        ...


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where a stream's ticks lie on the timeline that players show.

    Attributes:
        time_base: Seconds per tick.
        origin: The tick shown as 0 s; None when the container does not say.
    """

    time_base: Fraction
    origin: Fraction | None

    @classmethod
    def of(
        cls, time_base: Fraction, stream_start: int | None, container_start: int | None
    ) -> Timeline:
        """Timeline from a stream's start (ticks) and its container's (microseconds)."""
        if container_start is None:
            return cls(time_base, None if stream_start is None else Fraction(stream_start))
        start = container_start * _MICROSECOND / time_base
        # The container's start is the stream's, rounded to microseconds: undo the rounding, so
        # that a frame due at 0.1 s is not found a microsecond late.
        if stream_start is not None and abs(start - stream_start) * time_base < _ROUNDING:
            start = Fraction(stream_start)
        return cls(time_base, start)

    def seconds(self, ticks: int) -> float:
        """Presentation time of ``ticks`` in seconds, correctly rounded."""
        return float((ticks - (self.origin or 0)) * self.time_base)

    def ticks(self, seconds: float) -> int:
        """The tick nearest to ``seconds``."""
        return round(Fraction(seconds) / self.time_base + (self.origin or 0))


@dataclass(slots=True)
class FrameClock:
    """Gives every decoded frame a presentation time, strictly increasing whatever the file says.

    A missing PTS is replaced by the DTS, or else follows the frame before. A PTS that falls back a
    little is placed just after the frame before. One that falls back by more than a second, or
    leaps beyond the declared end, starts a new segment that continues where the last one stopped.

    Attributes:
        timeline: The stream's timeline.
        frame_s: Nominal duration of a frame in seconds.
        end_s: Declared end of the video in seconds, None if unknown.
        pts_s: Presentation time of the last frame stamped, None before the first.
    """

    timeline: Timeline
    frame_s: float
    end_s: float | None = None
    pts_s: float | None = None
    _duration_s: float = 0.0
    _offset_s: float = 0.0
    _seen_pts: bool = field(default=False)

    def stamp(self, frame: Timed) -> float:
        """Presentation time of the next frame in seconds."""
        raw_s = self._raw_seconds(frame)
        if self.pts_s is None:
            self.pts_s = max(raw_s or 0.0, 0.0)
        elif raw_s is None:
            self.pts_s = round(self.pts_s + (self._duration_s or self.frame_s), 9)
        else:
            self.pts_s = self._follow(self.pts_s, raw_s)
        self._duration_s = float((frame.duration or 0) * self.timeline.time_base)
        return self.pts_s

    def shown_until(self) -> float:
        """When the frame stamped last goes, if no other follows, in seconds."""
        start_s = self.pts_s or 0.0
        nominal_end_s = start_s + self.frame_s
        if not self._duration_s:
            return nominal_end_s
        return min(start_s + self._duration_s, max(self.end_s or 0.0, nominal_end_s))

    def _raw_seconds(self, frame: Timed) -> float | None:
        self._seen_pts = self._seen_pts or frame.pts is not None
        ticks = frame.pts if self._seen_pts else frame.dts
        if ticks is None:
            return None
        if self.timeline.origin is None:
            self.timeline = Timeline(self.timeline.time_base, Fraction(ticks))
        return self.timeline.seconds(ticks) + self._offset_s

    def _follow(self, last_s: float, raw_s: float) -> float:
        if raw_s < last_s - _GLITCH_S or self._leaps(last_s, raw_s):
            self._offset_s += last_s + self.frame_s - raw_s
            return last_s + self.frame_s
        # A step far below a frame's duration lets the true times take over at the next frame.
        return raw_s if raw_s > last_s else last_s + min(_HEAL_STEP_S, self.frame_s / 2)

    def _leaps(self, last_s: float, raw_s: float) -> bool:
        latest_s = _JUMP_S + max(self.end_s or 0.0, last_s)
        return raw_s > latest_s


def nominal_rate(*candidates: Fraction | None) -> Fraction:
    """The first plausible frame rate in frames per second; 25 if there is none."""
    for rate in candidates:
        if rate is not None and Fraction(1, 60) <= rate <= 480:  # noqa: PLR2004 - beyond is a broken header
            return rate
    return _DEFAULT_RATE
