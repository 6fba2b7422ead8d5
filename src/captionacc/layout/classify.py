"""Which boxes belong to captions, given the layout.

The same log-odds method as in :mod:`captionacc.layout.prior`, now that place, alignment and height
are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from captionacc.layout.prior import POOR_CONFIDENCE, probability
from captionacc.layout.rows import Row, are_stacked, rows_of_frame
from captionacc.model.layout import Anchor, CaptionLayout, Overlay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.model.geometry import OcrBox
    from captionacc.model.results import FrameOcr

BoxLabel: TypeAlias = Literal["in", "out"]

DEFAULT_ASPECT = 16 / 9

INSIDE = 2.0
OUTSIDE = -5.0
"""For a row that is wholly in or out of the region's height; in between in proportion."""

ALIGNED = 1.5
OFF_PER_TOLERANCE = -1.0
OFF_LIMIT = -4.5
"""For a row on the anchor, less for each tolerance beyond the first."""

LIKE_HEIGHT = 0.65
LIKE = 1.0
PARTNER_HEIGHT = 0.45
OTHER_HEIGHT = -4.5
"""Ratios of row height to line height: glyphs differ, bilingual lines differ more."""

POOR = -1.0
"""For a row that the engine read with doubt."""

OVERLAY_COVER = 0.7
"""A box of which so much lies on an overlay is the overlay's text."""

UNSURE = 0.95
"""Probability that a box is no caption's where the samples show no captions at all."""

OVERLAY = 0.97
"""Probability that a box on an overlay is no caption's."""


@dataclass(frozen=True, slots=True)
class ClassifiedBox:
    """Whether one OCR box is part of a caption.

    Attributes:
        box_index: Index into the ``boxes`` of the frame ``frame_index``.
        probability: That the label is right, 0.5-1.
    """

    frame_index: int
    box_index: int
    label: BoxLabel
    probability: float


def classify_boxes(
    frames: Sequence[FrameOcr], layout: CaptionLayout | None, aspect: float = DEFAULT_ASPECT
) -> tuple[ClassifiedBox, ...]:
    """Label every box of the samples by a layout, such as one that a person has changed.

    Args:
        frames: OCR of full frames, in any order; boxes normalised in the full frame.
        layout: Where captions are; None if there are none.
        aspect: Width of the frame divided by its height.

    Returns:
        One entry for every box, in the order of the frames and boxes given.
    """
    return tuple(box for frame in frames for box in _classify_frame(frame, layout, aspect))


def _classify_frame(
    frame: FrameOcr, layout: CaptionLayout | None, aspect: float
) -> list[ClassifiedBox]:
    if layout is None:
        return [
            ClassifiedBox(frame.frame_index, index, "out", UNSURE)
            for index in range(len(frame.boxes))
        ]
    lasting = {i for i, box in enumerate(frame.boxes) if _is_overlay(box, frame.pts_s, layout)}
    others = [(i, box) for i, box in enumerate(frame.boxes) if i not in lasting]
    rows = rows_of_frame(0, frame.pts_s, others, aspect)
    chance = {
        index: probability(_log_odds(row, rows, layout))
        for row in rows
        for index in row.box_indexes
    } | dict.fromkeys(lasting, 1 - OVERLAY)
    return [_labelled(frame.frame_index, index, chance[index]) for index in sorted(chance)]


def _labelled(frame_index: int, box_index: int, chance: float) -> ClassifiedBox:
    if chance >= 0.5:  # noqa: PLR2004 (more likely than not)
        return ClassifiedBox(frame_index, box_index, "in", chance)
    return ClassifiedBox(frame_index, box_index, "out", 1 - chance)


def _is_overlay(box: OcrBox, pts_s: float, layout: CaptionLayout) -> bool:
    return any(
        item.first_s <= pts_s <= item.last_s and _cover(box, item) >= OVERLAY_COVER
        for item in layout.overlays
    )


def _cover(box: OcrBox, item: Overlay) -> float:
    """Share of the box that lies on the overlay."""
    width = min(box.right, item.right) - max(box.left, item.left)
    height = min(box.bottom, item.bottom) - max(box.top, item.top)
    area = box.width * box.height
    return max(0.0, width) * max(0.0, height) / area if area > 0 else 0.0


def _log_odds(row: Row, rows: Sequence[Row], layout: CaptionLayout) -> float:
    low, high = sorted((row.height, layout.line_height))
    ratio = low / high if high > 0 else 0.0
    return (
        OUTSIDE
        + (INSIDE - OUTSIDE) * _share_inside(row, layout)
        + _alignment(row, rows, layout)
        + (LIKE if ratio >= LIKE_HEIGHT else 0.0 if ratio >= PARTNER_HEIGHT else OTHER_HEIGHT)
        + (POOR if row.confidence < POOR_CONFIDENCE else 0.0)
    )


def _share_inside(row: Row, layout: CaptionLayout) -> float:
    region = layout.crop_region
    if not region.left <= row.center_x <= region.right or row.height <= 0:
        return 0.0
    inside = min(row.bottom, region.bottom) - max(row.top, region.top)
    return min(1.0, max(0.0, inside / row.height))


def _alignment(row: Row, rows: Sequence[Row], layout: CaptionLayout) -> float:
    if layout.anchor is Anchor.NONE:
        return 0.0
    off = min(_off_anchor(candidate, layout) for candidate in (row, *_led_by(row, rows, layout)))
    excess = max(0.0, off / max(layout.anchor_tolerance, 1e-6) - 1)
    return max(OFF_LIMIT, ALIGNED + OFF_PER_TOLERANCE * excess)


def _off_anchor(row: Row, layout: CaptionLayout) -> float:
    return abs(row.anchor_place(layout.anchor) - layout.anchor_position)


def _led_by(row: Row, rows: Sequence[Row], layout: CaptionLayout) -> list[Row]:
    """Neighbour lines that begin where this one does: two speakers in a centred block."""
    return [
        other
        for other in rows
        if other is not row
        and are_stacked(row, other)
        and abs(row.left - other.left) <= layout.anchor_tolerance
    ]
