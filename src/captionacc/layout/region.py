"""The crop region around the caption bands."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from captionacc.model.geometry import CropRegion
from captionacc.model.layout import Anchor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.layout.bands import Band
    from captionacc.model.layout import Overlay

MARGIN_LINES = 0.35
"""Room above and below, in line heights: outlines, shadows, accents and the detector's jitter."""

GROWTH_LINES = 1.25
"""Room for a second line where the samples show one-line captions only: one line spacing."""

UPPER_HALF = 0.4
LOWER_HALF = 0.6
"""Captions above the one grow downwards, below the other upwards, between them both ways."""

SAME_LINE_HEIGHTS = 0.4
"""Rows whose centres differ by less of a line height stand on the same line."""

STRAYS = 0.01
"""Share of a band's rows that are other text, aligned with it by chance."""

FULL_HALF = 0.53
CLEAR_HALF = 0.45
"""Half of the region's width about a centred anchor: all of the frame, also for an anchor a little
off its middle, or all but the outermost part when lasting text stands there."""

OUTER_EDGE = 0.05
SIDE_MARGIN = 0.02
"""Margins at the sides as fractions of the width."""


class _Span(NamedTuple):
    low: float
    high: float


def propose_region(
    bands: Sequence[Band], tickers: Sequence[Overlay], overlays: Sequence[Overlay]
) -> CropRegion:
    """The region that holds all captions of the bands, also those that no sample shows.

    Args:
        bands: At least one band.
        tickers: Running tickers, which the margins above and below give way to.
        overlays: Other lasting text anywhere in the frame. It may end before a caption needs its
            place, so only the outermost sides give way to it.
    """
    spans = [_vertical(band, tickers) for band in bands]
    top, bottom = min(span.low for span in spans), max(span.high for span in spans)
    is_disturbed = any(
        item.top < bottom
        and item.bottom > top
        and (item.left < OUTER_EDGE or item.right > 1 - OUTER_EDGE)
        for item in (*tickers, *overlays)
    )
    sides = [_horizontal(band, is_disturbed=is_disturbed) for band in bands]
    left, right = min(span.low for span in sides), max(span.high for span in sides)
    return CropRegion(left, top, right, bottom)


def _vertical(band: Band, tickers: Sequence[Overlay]) -> _Span:
    line = band.pattern.height
    seen = _seen(band)
    middle = (seen.low + seen.high) / 2
    low = _second_line_top(band) if middle > UPPER_HALF else seen.low
    high = _second_line_bottom(band) if middle < LOWER_HALF else seen.high
    margin = MARGIN_LINES * line
    wanted = _Span(min(low, seen.low) - margin, max(high, seen.high) + margin)
    return _avoiding(wanted, seen, tickers)


def _seen(band: Band) -> _Span:
    """The height that the rows take, without the strays that a long video collects."""
    strays = int(STRAYS * len(band.rows))
    tops = sorted(row.top for row in band.rows)
    bottoms = sorted((row.bottom for row in band.rows), reverse=True)
    return _Span(tops[strays], bottoms[strays])


def _second_line_top(band: Band) -> float:
    """Where a second line above the lowest line begins."""
    lowest = max(row.center_y for row in band.rows) - SAME_LINE_HEIGHTS * band.pattern.height
    tops = [row.top for row in band.rows if row.center_y >= lowest]
    return median(tops) - GROWTH_LINES * band.pattern.height


def _second_line_bottom(band: Band) -> float:
    """Where a second line below the highest line ends."""
    highest = min(row.center_y for row in band.rows) + SAME_LINE_HEIGHTS * band.pattern.height
    bottoms = [row.bottom for row in band.rows if row.center_y <= highest]
    return median(bottoms) + GROWTH_LINES * band.pattern.height


def _avoiding(wanted: _Span, seen: _Span, tickers: Sequence[Overlay]) -> _Span:
    """End at the tickers, except where captions were seen beyond."""
    low, high = max(0.0, wanted.low), min(1.0, wanted.high)
    middle = (seen.low + seen.high) / 2
    for strip in tickers:
        if strip.top >= middle:
            high = max(min(high, strip.top), seen.high)
        elif strip.bottom <= middle:
            low = min(max(low, strip.bottom), seen.low)
    return _Span(low, high)


def _horizontal(band: Band, *, is_disturbed: bool) -> _Span:
    pattern = band.pattern
    seen = _Span(min(row.left for row in band.rows), max(row.right for row in band.rows))
    outer = SIDE_MARGIN if is_disturbed else 0.0
    if pattern.anchor is Anchor.LEFT:
        return _Span(max(0.0, seen.low - SIDE_MARGIN), max(1 - outer, seen.high))
    if pattern.anchor is Anchor.RIGHT:
        return _Span(min(outer, seen.low), min(1.0, seen.high + SIDE_MARGIN))
    if pattern.anchor is Anchor.NONE:
        return _Span(0.0, 1.0)
    reach = max(pattern.position - seen.low, seen.high - pattern.position) + SIDE_MARGIN
    half = max(CLEAR_HALF, reach) if is_disturbed else max(FULL_HALF, reach)
    return _Span(max(0.0, pattern.position - half), min(1.0, pattern.position + half))
