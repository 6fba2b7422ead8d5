"""How a long computation tells where it is: one protocol, a null version and a throttle."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Phase(StrEnum):
    """What is being done, in the order in which a video goes through it."""

    PROBE = "probe"
    SAMPLE = "sample frames"
    READ = "read frames"
    LAYOUT = "find the captions"
    BOUNDARIES = "find boundaries"
    STORE = "store results"
    TEXT = "read captions"


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """One report: phase, its fraction 0-1, and speed as a multiple of real time if known."""

    phase: Phase
    fraction: float
    speed: float | None = None


class Progress(Protocol):
    """Receives reports; may raise ``CancelledError`` to end the computation."""

    def report(self, phase: Phase, fraction: float, speed: float | None = None) -> None:
        """Say that ``fraction`` (0-1) of ``phase`` is done, at ``speed`` x real time."""
        ...


class NullProgress:
    """Ignores every report."""

    def report(self, phase: Phase, fraction: float, speed: float | None = None) -> None:
        """Do nothing."""


class ThrottledProgress:
    """Passes on a report when the phase changes or ends, or ``interval_s`` has gone by.

    No phase goes back: where more turns out to be to do, its fraction stands for a while.
    """

    def __init__(
        self,
        send: Callable[[ProgressEvent], None],
        interval_s: float = 0.1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._interval_s = interval_s
        self._clock = clock
        self._last: ProgressEvent | None = None
        self._sent_at = 0.0

    def report(self, phase: Phase, fraction: float, speed: float | None = None) -> None:
        """Pass the report on, or drop it."""
        reached = self._last.fraction if self._last and self._last.phase == phase else 0.0
        event = ProgressEvent(phase, min(max(fraction, reached), 1.0), speed)
        now = self._clock()
        if self._is_due(event, now):
            self._last, self._sent_at = event, now
            self._send(event)

    def _is_due(self, event: ProgressEvent, now: float) -> bool:
        last = self._last
        if last is None or last.phase != event.phase:
            return True
        is_end = event.fraction >= 1 > last.fraction
        return is_end or now - self._sent_at >= self._interval_s


NULL_PROGRESS: Final[Progress] = NullProgress()
