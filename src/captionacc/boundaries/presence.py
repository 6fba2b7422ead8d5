"""Is there a caption in this frame of the band, and where: the text detector, gated by layout."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, cast

import cv2
import numpy as np

from captionacc.captions.lasting import Mask, erase, standing
from captionacc.captions.selection import LineSelector, is_due
from captionacc.ocr.detection import boxes_from_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from captionacc.boundaries.features import Floats, Image, WorkingSize
    from captionacc.boundaries.segment import Sample
    from captionacc.model.layout import CaptionLayout, Overlay
    from captionacc.ocr.protocol import LineRegion

_REACH = 3
"""Width of strokes' edges at the working scale, in pixels."""

_OVERLAY_PAD = 0.3
"""Margin around an overlay's box inside which its strokes lie, as a part of its height."""

_SAME_PLACE = 0.75

_WORD_GAP = 2.0
"""Largest space inside one line, as a multiple of its height."""


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

    def overlap(self, other: Rect) -> float:
        """Intersection over union with ``other``."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        shared = max(width, 0) * max(height, 0)
        return shared / max(self._area + other._area - shared, 1)

    @property
    def _area(self) -> int:
        return (self.right - self.left) * (self.bottom - self.top)


@dataclass(frozen=True, slots=True)
class Finding:
    """A caption in one frame.

    Attributes:
        rects: Its lines from top to bottom; empty if there is none.
        covered: ``(h, w)`` at the working scale, 1 where a watermark stands; None for nowhere.
    """

    rects: tuple[Rect, ...]
    covered: Mask | None


class CaptionDetector:
    """Finds the caption's lines in one frame of the band."""

    def __init__(self, detector: Detector, layout: CaptionLayout, size: WorkingSize) -> None:
        self._detector = detector
        self._select = LineSelector(layout, size.width / size.height)
        self._size = size
        self._overlays = [(overlay, _area(overlay, layout, size)) for overlay in layout.overlays]

    def __call__(self, sample: Sample, lasting: Floats | None) -> Finding:
        """The caption in ``sample``, where ``lasting`` gradients stood before it."""
        picture = self._size.scaled(
            cast("Image", cv2.cvtColor(sample.i420, cv2.COLOR_YUV2BGR_I420))
        )
        covered = self._covered(sample, lasting)
        if covered is not None:
            picture = erase(picture, covered)
        rows = self._size.map_rows
        strip = picture[rows]
        found = boxes_from_map(self._detector.probability_map(strip, self._size.map_width))
        lines = [_moved(line, rows, self._size.height) for line in found]
        pieces = map(self._rect, self._select(lines, sample.pts_s))
        return Finding(whole_lines(pieces), covered)

    def _covered(self, sample: Sample, lasting: Floats | None) -> Mask | None:
        """Where an overlay that is due at this time stands."""
        areas = [area for overlay, area in self._overlays if is_due(overlay, sample.pts_s)]
        if lasting is None or not areas:
            return None
        mask = np.zeros((self._size.height, self._size.width), np.uint8)
        stands = standing(lasting, sample.gradient, _REACH)
        for area in areas:
            mask[area] = stands[area]
        return mask if mask.any() else None

    def _rect(self, line: LineRegion) -> Rect:
        width, height = self._size.width, self._size.height
        return Rect(
            int(line.left * width),
            int(line.top * height),
            min(width, int(np.ceil(line.right * width))),
            min(height, int(np.ceil(line.bottom * height))),
            line.score,
        )


def _moved(line: LineRegion, rows: slice, height: int) -> LineRegion:
    """A line found in some ``rows``, normalised in the whole band of ``height`` rows."""
    first, count = int(rows.start), int(rows.stop - rows.start)
    top, bottom = ((first + y * count) / height for y in (line.top, line.bottom))
    return replace(line, top=top, bottom=bottom)


def _area(overlay: Overlay, layout: CaptionLayout, size: WorkingSize) -> tuple[slice, slice]:
    """The overlay's place and a margin, at the working scale."""
    region = layout.crop_region
    x_scale = size.width / (region.right - region.left)
    y_scale = size.height / (region.bottom - region.top)
    pad = _OVERLAY_PAD * (overlay.bottom - overlay.top) * y_scale
    top, bottom = (
        int(max((y - region.top) * y_scale + margin, 0))
        for y, margin in ((overlay.top, -pad), (overlay.bottom, pad))
    )
    left, right = (
        int(max((x - region.left) * x_scale + margin, 0))
        for x, margin in ((overlay.left, -pad), (overlay.right, pad))
    )
    return np.s_[top:bottom, left:right]


def whole_lines(pieces: Iterable[Rect]) -> tuple[Rect, ...]:
    """The lines that ``pieces``, as a detector finds them, belong to, from top to bottom."""
    lines: list[Rect] = []
    for piece in sorted(pieces, key=lambda piece: piece.left):
        for position, line in enumerate(lines):
            if _continues(line, piece):
                lines[position] = _joined(line, piece)
                break
        else:
            lines.append(piece)
    return tuple(sorted(lines, key=lambda line: (line.top, line.left)))


def _continues(line: Rect, piece: Rect) -> bool:
    height = min(line.bottom - line.top, piece.bottom - piece.top)
    shared = min(line.bottom, piece.bottom) - max(line.top, piece.top)
    return shared > height / 2 and piece.left - line.right < _WORD_GAP * height


def _joined(line: Rect, piece: Rect) -> Rect:
    return Rect(
        min(line.left, piece.left),
        min(line.top, piece.top),
        max(line.right, piece.right),
        max(line.bottom, piece.bottom),
        max(line.score, piece.score),
    )


def same_place(left: Sequence[Rect], right: Sequence[Rect]) -> bool:
    """Whether two captions' lines cover the same area, as far as a detector can tell."""
    if len(left) != len(right):
        return False
    return all(a.overlap(b) > _SAME_PLACE for a, b in zip(left, right, strict=True))
