"""Is there a caption in this frame of the band, and where: the text detector, gated by layout."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from captionacc.boundaries.features import LINE_PX, Floats, Image, WorkingSize
from captionacc.model.layout import Anchor
from captionacc.ocr.detection import boxes_from_map

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.model.geometry import CropRegion
    from captionacc.model.layout import CaptionLayout, Overlay
    from captionacc.ocr.protocol import LineRegion

_LINE_HEIGHTS = (0.45, 1.9)
"""Heights of a caption line's box, as multiples of the layout's line height."""

_OVERLAY_IOU = 0.55
"""A box that overlaps a lasting overlay by this much is the overlay."""

_TICKER_WIDTH = 0.9
"""Part of the band's width from which an overlay is a ticker."""

_OVERLAY_SLACK_S = 11.0
"""Overlays were seen in samples some 10 s apart; they may start and end this much beyond."""

_WORD_GAP = 2.0
"""Largest space inside one line, as a multiple of its height."""

_INK_SPAN = 8
_INK_SHARE = 0.2
"""Part of a line's height that is strokes, over 8 columns, where there are letters."""

_TRIM_BELOW = 0.9
_TRIM_PAD = 3


class Detector(Protocol):
    """What finds text: :class:`captionacc.ocr.detection.TextDetector`."""

    def probability_map(self, strip: Image, width: int) -> Floats:
        """Text probability ``(round(h * width / w), width)`` of a strip ``(h, w[, 3])``."""
        ...


@dataclass(frozen=True, slots=True)
class Rect:
    """One line's place at the working scale, in pixels; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int
    score: float = 1.0

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.bottom - self.top

    def overlap(self, other: Rect) -> float:
        """Intersection over union with ``other``."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self._area + other._area - shared)

    @property
    def _area(self) -> int:
        return (self.right - self.left) * (self.bottom - self.top)


class CaptionDetector:
    """Finds the caption's lines in one frame of the band."""

    def __init__(self, detector: Detector, layout: CaptionLayout, size: WorkingSize) -> None:
        self._detector = detector
        self._layout = layout
        self._size = size
        self._overlays = [
            (overlay, _place(overlay, layout.crop_region, size)) for overlay in layout.overlays
        ]

    def __call__(self, strip: Image, time_s: float, own: Floats | None = None) -> tuple[Rect, ...]:
        """The caption's lines in one frame, from top to bottom; empty for none.

        Args:
            strip: The band ``(h, w[, 3])``.
            time_s: Its PTS in seconds.
            own: ``(h, w)`` at the working scale: strokes that were not there before, so that what
                lasts (a watermark that the detector runs together with a caption) is cut off.
        """
        found = boxes_from_map(self._detector.probability_map(strip, self._size.width))
        rects = [self._rect(line) for line in found]
        overlays = self._lasting(time_s)
        if own is not None:
            rects = [trimmed(rect, own) for rect in rects]
        lines = [
            rect
            for rect in rects
            if _is_line_high(rect) and not any(self._belongs(rect, o) for o in overlays)
        ]
        return tuple(self._aligned(lines))

    def _rect(self, line: LineRegion) -> Rect:
        width, height = self._size.width, self._size.height
        return Rect(
            int(line.left * width),
            int(line.top * height),
            min(width, int(np.ceil(line.right * width))),
            min(height, int(np.ceil(line.bottom * height))),
            line.score,
        )

    def _lasting(self, time_s: float) -> list[Rect]:
        return [
            rect
            for overlay, rect in self._overlays
            if overlay.first_s - _OVERLAY_SLACK_S < time_s < overlay.last_s + _OVERLAY_SLACK_S
        ]

    def _belongs(self, rect: Rect, overlay: Rect) -> bool:
        """Whether a box is the overlay, or a piece of it where it runs across the band."""
        if overlay.right - overlay.left >= _TICKER_WIDTH * self._size.width:
            return overlay.top < (rect.top + rect.bottom) / 2 < overlay.bottom
        return rect.overlap(overlay) >= _OVERLAY_IOU

    def _aligned(self, rects: list[Rect]) -> list[Rect]:
        """Lines that sit where captions are aligned, alone or together with close neighbours."""
        if self._layout.anchor is Anchor.NONE:
            return rects
        kept: set[Rect] = set()
        for group in (*([rect] for rect in rects), *_rows(rects)):
            if self._is_aligned(group) and not kept.intersection(group):
                kept.update(group)
        if not kept and self._is_aligned(rects):
            return rects
        return [rect for rect in rects if rect in kept]

    def _is_aligned(self, rects: Sequence[Rect]) -> bool:
        left = min((rect.left for rect in rects), default=0)
        right = max((rect.right for rect in rects), default=0)
        edge = {Anchor.LEFT: left, Anchor.RIGHT: right}.get(self._layout.anchor, (left + right) / 2)
        region = self._layout.crop_region
        place = region.left + edge / self._size.width * (region.right - region.left)
        slack = 2 / self._size.width
        return abs(place - self._layout.anchor_position) <= self._layout.anchor_tolerance + slack


def _is_line_high(rect: Rect) -> bool:
    low, high = _LINE_HEIGHTS
    return low * LINE_PX <= rect.height <= high * LINE_PX


def _rows(rects: Sequence[Rect]) -> list[list[Rect]]:
    """Boxes side by side, as close as the words of one line."""
    rows: list[list[Rect]] = []
    for rect in sorted(rects, key=lambda rect: rect.left):
        for row in rows:
            last = row[-1]
            is_level = abs((last.top + last.bottom) - (rect.top + rect.bottom)) < LINE_PX
            if is_level and rect.left - last.right < _WORD_GAP * LINE_PX:
                row.append(rect)
                break
        else:
            rows.append([rect])
    return rows


def trimmed(rect: Rect, own: Floats) -> Rect:
    """``rect`` without the ends that hold no stroke of its own."""
    ink = own[rect.top : rect.bottom, rect.left : rect.right].sum(0)
    ink = np.convolve(ink, np.full(_INK_SPAN, 1 / _INK_SPAN), mode="same")
    columns = np.flatnonzero(ink >= _INK_SHARE * rect.height)
    if not columns.size:
        return rect
    left, right = rect.left + int(columns[0]), rect.left + int(columns[-1]) + 1
    if (right - left) > _TRIM_BELOW * (rect.right - rect.left):
        return rect
    return replace(
        rect, left=max(left - _TRIM_PAD, rect.left), right=min(right + _TRIM_PAD, rect.right)
    )


def _place(overlay: Overlay, region: CropRegion, size: WorkingSize) -> Rect:
    x_scale = size.width / (region.right - region.left)
    y_scale = size.height / (region.bottom - region.top)
    return Rect(
        int((overlay.left - region.left) * x_scale),
        int((overlay.top - region.top) * y_scale),
        int((overlay.right - region.left) * x_scale),
        int((overlay.bottom - region.top) * y_scale),
    )


def same_place(left: Sequence[Rect], right: Sequence[Rect]) -> bool:
    """Whether two captions' lines cover the same area, as far as a detector can tell."""
    if len(left) != len(right):
        return False
    return all(a.overlap(b) > 0.75 for a, b in zip(left, right, strict=True))  # noqa: PLR2004
