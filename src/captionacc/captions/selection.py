"""Which lines of text found in the caption band are the caption's: by height and alignment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from captionacc.model.layout import Anchor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.model.layout import CaptionLayout, Overlay

_LINE_HEIGHTS: Final = (0.45, 1.9)
"""Heights of a caption's lines, as multiples of the layout's line height."""

_OVERLAY_IOU: Final = 0.55
"""A line that overlaps an overlay by this much is the overlay."""

_TICKER_WIDTH: Final = 0.9
"""Part of the band's width from which an overlay is a ticker, which lines may be pieces of."""

_OVERLAY_SLACK_S: Final = 11.0
"""Overlays were seen in samples up to 10 s apart; they may begin and end this much beyond."""

_WORD_GAP: Final = 1.3
"""Largest space inside one line, as a multiple of the line height."""

_SLACK: Final = 0.003
"""What a box's edges are unsure by, as a part of the band's width."""

_ALONE: Final = 0.004
"""A line alone must be so much better aligned than with its neighbours."""


class Line(Protocol):
    """A line of text somewhere in the band, normalised 0-1 in it."""

    @property
    def left(self) -> float:
        """Left edge."""
        ...

    @property
    def top(self) -> float:
        """Upper edge."""
        ...

    @property
    def right(self) -> float:
        """Right edge."""
        ...

    @property
    def bottom(self) -> float:
        """Lower edge."""
        ...


AnyLine = TypeVar("AnyLine", bound=Line)


def is_due(overlay: Overlay, time_s: float) -> bool:
    """Whether an overlay may stand at ``time_s`` seconds."""
    return overlay.first_s - _OVERLAY_SLACK_S < time_s < overlay.last_s + _OVERLAY_SLACK_S


class LineSelector:
    """Picks the caption's lines out of all lines found in one picture of the band."""

    def __init__(self, layout: CaptionLayout, aspect: float) -> None:
        """Prepare for one video.

        Args:
            layout: Where captions sit.
            aspect: Width of the band in pixels divided by its height.
        """
        self._layout = layout
        self._aspect = aspect
        region = layout.crop_region
        self._left, self._width = region.left, region.right - region.left
        self._top, self._height = region.top, region.bottom - region.top
        self._line_height = layout.line_height / self._height

    def __call__(self, lines: Sequence[AnyLine], time_s: float) -> list[AnyLine]:
        """The caption's lines among ``lines``, found at ``time_s`` seconds, in the order given."""
        overlays = [overlay for overlay in self._layout.overlays if is_due(overlay, time_s)]
        return self._aligned(
            [
                line
                for line in lines
                if self._is_line_high(line)
                and not any(self._belongs(line, overlay) for overlay in overlays)
            ]
        )

    def _is_line_high(self, line: Line) -> bool:
        low, high = _LINE_HEIGHTS
        return low * self._line_height <= line.bottom - line.top <= high * self._line_height

    def _belongs(self, line: Line, overlay: Overlay) -> bool:
        """Whether a line is the overlay, or a piece of it where it runs across the band."""
        left, right = ((x - self._left) / self._width for x in (overlay.left, overlay.right))
        top, bottom = ((y - self._top) / self._height for y in (overlay.top, overlay.bottom))
        if right - left >= _TICKER_WIDTH:
            return top < (line.top + line.bottom) / 2 < bottom
        width = min(line.right, right) - max(line.left, left)
        height = min(line.bottom, bottom) - max(line.top, top)
        shared = max(width, 0.0) * max(height, 0.0)
        areas = (right - left) * (bottom - top) + (line.right - line.left) * (
            line.bottom - line.top
        )
        return shared >= _OVERLAY_IOU * (areas - shared)

    def _aligned(self, lines: list[AnyLine]) -> list[AnyLine]:
        """Lines that sit where captions are aligned, together with close neighbours or alone.

        Of overlapping choices the best aligned is taken, since a sign beside a caption moves the
        middle of both; where it makes no difference, neighbours belong to the line.
        """
        if self._layout.anchor is Anchor.NONE:
            return lines
        groups = self._rows(lines) + [[line] for line in lines]
        groups.sort(key=lambda group: self._deviation(group) + _ALONE * (len(group) == 1))
        kept: set[int] = set()
        for group in groups:
            members = {id(line) for line in group}
            if not kept & members and self._is_aligned(group):
                kept |= members
        if not kept and lines and self._is_aligned(lines):
            return lines
        return [line for line in lines if id(line) in kept]

    def _is_aligned(self, lines: Sequence[Line]) -> bool:
        return self._deviation(lines) <= self._layout.anchor_tolerance + _SLACK

    def _deviation(self, lines: Sequence[Line]) -> float:
        """How far lines are from where captions are aligned, as a part of the frame's width."""
        left, right = min(line.left for line in lines), max(line.right for line in lines)
        edges = {Anchor.LEFT: left, Anchor.RIGHT: right}
        edge = edges.get(self._layout.anchor, (left + right) / 2)
        place = self._left + edge * self._width
        return abs(place - self._layout.anchor_position)

    def _rows(self, lines: Sequence[AnyLine]) -> list[list[AnyLine]]:
        """Pieces side by side, as close as the words of one line."""
        gap = _WORD_GAP * self._line_height / self._aspect
        rows: list[list[AnyLine]] = []
        for line in sorted(lines, key=lambda line: line.left):
            for row in rows:
                last = row[-1]
                rise = abs((last.top + last.bottom) - (line.top + line.bottom)) / 2
                if rise < self._line_height / 2 and line.left - last.right < gap:
                    row.append(line)
                    break
            else:
                rows.append([line])
        return rows
