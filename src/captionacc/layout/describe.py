"""From the bands to the numbers of the layout."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from captionacc.model.layout import Anchor, CaptionLayout, Overlay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from captionacc.layout.bands import Band
    from captionacc.model.geometry import CropRegion

MIN_TOLERANCE = 0.015
"""Detector jitter at both ends of a line, and marks without ink."""

FEW_ROWS = 4
FEW_ROWS_TOLERANCE = 0.03
"""So few rows do not show their spread."""

MAX_TOLERANCE = 0.08
SIGMAS = 4.0
MAD_TO_SIGMA = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""

LINES_IN_REGION = 3.0
"""A region given by hand holds two lines and the margins of about one."""


def describe(
    region: CropRegion, bands: Sequence[Band], lasting: Iterable[Overlay]
) -> CaptionLayout:
    """Put the layout together.

    Args:
        region: The crop region.
        bands: Caption bands, the dominant one first; may be empty.
        lasting: Overlays and tickers anywhere in the frame; those in the region are kept.
    """
    overlays = tuple(sorted(filter(lambda item: _touches(item, region), lasting), key=_order))
    if not bands:
        center, half = (region.left + region.right) / 2, (region.right - region.left) / 2
        line_height = (region.bottom - region.top) / LINES_IN_REGION
        return CaptionLayout(region, Anchor.NONE, center, half, line_height, overlays)
    pattern = bands[0].pattern
    offs = [
        row.anchor_place(pattern.anchor) - pattern.position for band in bands for row in band.rows
    ]
    if pattern.anchor is Anchor.NONE:
        tolerance = max(map(abs, offs), default=0.0) + FEW_ROWS_TOLERANCE
    else:
        tolerance = _tolerance(offs)
    line_height = median(row.height for band in bands for row in band.rows)
    return CaptionLayout(region, pattern.anchor, pattern.position, tolerance, line_height, overlays)


def _tolerance(offs: Sequence[float]) -> float:
    """From the spread seen; robust, so that a second speaker's line does not widen it."""
    floor = FEW_ROWS_TOLERANCE if len(offs) < FEW_ROWS else MIN_TOLERANCE
    spread = MAD_TO_SIGMA * median(map(abs, offs))
    return min(MAX_TOLERANCE, max(floor, SIGMAS * spread))


def _touches(item: Overlay, region: CropRegion) -> bool:
    return (
        item.left < region.right
        and item.right > region.left
        and item.top < region.bottom
        and item.bottom > region.top
    )


def _order(item: Overlay) -> tuple[float, ...]:
    return (item.top, item.left, item.bottom, item.right, item.first_s)
