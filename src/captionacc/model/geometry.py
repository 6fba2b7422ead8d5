"""Places in a frame. Unless a name says otherwise: normalised 0-1, display-oriented full frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from captionacc.errors import UsageError

_REGION_HINT = "Give left,top,right,bottom as fractions of the frame, such as 0.05,0.78,0.95,0.97."


@dataclass(frozen=True, slots=True)
class PixelRect:
    """A rectangle in whole pixels, origin top left; right and bottom are exclusive."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class CropRegion:
    """The part of the display-oriented frame that holds the captions, normalised 0-1.

    Raises:
        UsageError: an edge is outside 0-1, or the region is empty.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        ordered = 0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1
        if not ordered:
            raise UsageError(
                f"The crop region {self.left},{self.top},{self.right},{self.bottom} is not valid.",
                _REGION_HINT,
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``L,T,R,B``.

        Raises:
            UsageError: not four numbers, or not a valid region.
        """
        try:
            left, top, right, bottom = (float(part) for part in text.split(","))
        except ValueError:
            raise UsageError(
                f"The crop region {text!r} is not four numbers.",
                _REGION_HINT,
            ) from None
        return cls(left, top, right, bottom)

    def to_pixels(self, width: int, height: int) -> PixelRect:
        """The region in a frame of ``width`` x ``height`` pixels.

        Edges are even, as 4:2:0 chroma needs, and the rectangle is at least 2 x 2 pixels.
        """
        x, right = _even_span(self.left, self.right, width)
        y, bottom = _even_span(self.top, self.bottom, height)
        return PixelRect(x, y, right - x, bottom - y)

    def as_tuple(self) -> tuple[float, float, float, float]:
        """``(left, top, right, bottom)``."""
        return (self.left, self.top, self.right, self.bottom)


def _even_span(low: float, high: float, size: int) -> tuple[int, int]:
    limit = max(size // 2 * 2, 2)
    start = min(int(low * size) // 2 * 2, limit - 2)
    end = min(-(-round(high * size) // 2) * 2, limit)
    return start, max(end, start + 2)


@dataclass(frozen=True, slots=True)
class OcrBox:
    """One line of text found in a frame.

    Edges are normalised 0-1 in the frame that was given to the engine; ``confidence`` is the
    engine's own, 0-1.
    """

    text: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Width as a fraction of the frame's."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height as a fraction of the frame's."""
        return self.bottom - self.top

    @property
    def center_x(self) -> float:
        """Horizontal centre."""
        return (self.left + self.right) / 2

    @property
    def center_y(self) -> float:
        """Vertical centre."""
        return (self.top + self.bottom) / 2
