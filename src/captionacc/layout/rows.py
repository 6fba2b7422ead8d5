"""Rows: what reads as one line of text in one sampled frame.

Detectors cut a line at wide gaps and join nothing across lines, so boxes side by side and of like
height are put together before anything is measured on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from captionacc.model.layout import Anchor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from captionacc.model.geometry import OcrBox

ROW_OVERLAP = 0.5
"""Share of the lower box's height that two boxes of one row have in common."""

ROW_GAP_HEIGHTS = 2.0
"""Widest gap inside a row, in box heights: two sentences or speakers on one line are nearer."""

ROW_HEIGHT_RATIO = 2.0
"""Boxes of one row differ in height by less; a word without ascenders is 0.6 of one with."""

BLOCK_GAP_HEIGHTS = 0.9
"""Widest gap between two rows of one caption, in row heights: line spacing is 1.0-1.6 em."""

MIN_HEIGHT = 0.016
MAX_HEIGHT = 0.13
"""Heights that a caption's text box can have, as fractions of the frame's: 2-12 % and the
detector's jitter. Lower rows are unreadable, higher ones are detections gone astray."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of text in one frame; edges normalised 0-1 in the full frame.

    Attributes:
        sample: Position of the frame among the samples in order of time.
        pts_s: Presentation time of that frame in seconds.
        box_indexes: Its boxes, as indexes into ``FrameOcr.boxes``, from left to right.
        confidence: Lowest confidence of its boxes.
    """

    sample: int
    pts_s: float
    box_indexes: tuple[int, ...]
    text: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """Height as a fraction of the frame's."""
        return self.bottom - self.top

    @property
    def width(self) -> float:
        """Width as a fraction of the frame's."""
        return self.right - self.left

    @property
    def center_x(self) -> float:
        """Horizontal centre."""
        return (self.left + self.right) / 2

    @property
    def center_y(self) -> float:
        """Vertical centre."""
        return (self.top + self.bottom) / 2

    def anchor_place(self, anchor: Anchor) -> float:
        """Horizontal place of the edge (or centre) that ``anchor`` names."""
        if anchor is Anchor.LEFT:
            return self.left
        if anchor is Anchor.RIGHT:
            return self.right
        return self.center_x


def rows_of_frame(
    sample: int, pts_s: float, boxes: Iterable[tuple[int, OcrBox]], aspect: float
) -> list[Row]:
    """Put the boxes of one frame together to rows, from top to bottom.

    Args:
        sample: Position of the frame among the samples.
        pts_s: Its presentation time in seconds.
        boxes: The boxes to use, each with its index in the frame.
        aspect: Width of the frame divided by its height.
    """
    groups: list[list[tuple[int, OcrBox]]] = []
    for item in sorted(boxes, key=lambda item: (item[1].left, item[1].top, item[0])):
        home = next((group for group in groups if _continues(group[-1][1], item[1], aspect)), None)
        if home is None:
            groups.append([item])
        else:
            home.append(item)
    rows = [_row(sample, pts_s, group) for group in groups]
    return sorted(rows, key=lambda row: (row.top, row.left))


def _continues(last: OcrBox, box: OcrBox, aspect: float) -> bool:
    low, high = sorted((last.height, box.height))
    common = min(last.bottom, box.bottom) - max(last.top, box.top)
    gap = (box.left - last.right) * aspect
    return (
        common >= ROW_OVERLAP * low
        and high <= ROW_HEIGHT_RATIO * low
        and gap <= ROW_GAP_HEIGHTS * high
    )


def _row(sample: int, pts_s: float, group: Sequence[tuple[int, OcrBox]]) -> Row:
    boxes = [box for _, box in group]
    return Row(
        sample=sample,
        pts_s=pts_s,
        box_indexes=tuple(index for index, _ in group),
        text=" ".join(box.text.strip() for box in boxes),
        confidence=min(box.confidence for box in boxes),
        left=min(box.left for box in boxes),
        top=min(box.top for box in boxes),
        right=max(box.right for box in boxes),
        bottom=max(box.bottom for box in boxes),
    )


def are_stacked(one: Row, other: Row) -> bool:
    """Whether two rows of a frame can be neighbouring lines of one caption."""
    if one.sample != other.sample:
        return False
    upper, lower = sorted((one, other), key=lambda row: row.center_y)
    gap = lower.top - upper.bottom
    tallest = max(one.height, other.height)
    overlaps = min(one.right, other.right) > max(one.left, other.left)
    return overlaps and -ROW_OVERLAP * tallest < gap < BLOCK_GAP_HEIGHTS * tallest
