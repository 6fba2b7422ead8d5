"""Time: presentation timestamps in the stream's time base, and extents over frames."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

# A frame due at k / sample_hz is due there also if the file rounds its times to microseconds.
_TOLERANCE_S: Final = 1e-6


def first_sample_from(pts_s: float, sample_hz: float) -> int:
    """The first crop frame k with k / ``sample_hz`` at or after ``pts_s``."""
    return max(math.ceil((pts_s - _TOLERANCE_S) * sample_hz), 0)


@dataclass(frozen=True, slots=True)
class Timebase:
    """Seconds per tick of a stream, as an exact fraction."""

    numerator: int
    denominator: int

    def to_seconds(self, pts: int) -> float:
        """Presentation time of ``pts`` ticks, in seconds."""
        return float(pts * Fraction(self.numerator, self.denominator))

    def to_pts(self, seconds: float) -> int:
        """The tick nearest to ``seconds``."""
        return round(Fraction(seconds) / Fraction(self.numerator, self.denominator))


@dataclass(frozen=True, slots=True)
class FrameExtent:
    """Half-open range ``[start, end)`` of frame indexes.

    Raises:
        ValueError: negative start or empty range.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"not a frame extent: [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start
