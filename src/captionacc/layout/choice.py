"""Which bands carry captions: the dominant one, and others only on evidence of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captionacc.layout.bands import ALIGNED, Band, find_band
from captionacc.layout.evidence import weigh
from captionacc.layout.prior import BOTTOM_TOP, TOP_BOTTOM
from captionacc.model.layout import Anchor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.layout.evidence import Candidate
    from captionacc.layout.rows import Row

MAX_BANDS = 3
"""Bottom, top, and one more; beyond that the crop region would be the frame."""

FURTHER_CAPTIONS = 2
FURTHER_EVIDENCE = 1.0
"""A further band makes the region much higher, so it takes two captions that nothing else explains
as well."""

FURTHER_HEIGHT = 0.6
"""Lowest ratio of line heights between two bands of one video."""

CREDITS_SHARE = 0.12
CREDITS_MIN_SAMPLES = 8
CREDITS_MIN_SPAN_S = 300.0
"""Text in the first and last eighth of a video only is its titles and credits. Shorter videos may
have their only caption there."""


def choose_bands(rows: Sequence[Row], aspect: float, times_s: Sequence[float]) -> list[Band]:
    """The bands that carry captions, the dominant one first; empty if there are none.

    Args:
        rows: Rows that no overlay or ticker accounts for.
        aspect: Width of the frame divided by its height.
        times_s: Presentation times of all samples in seconds.
    """
    candidates = weigh(rows, aspect)
    first = find_band(candidates)
    if first is None or _is_titles(first, times_s, CREDITS_MIN_SPAN_S):
        return []
    bands = [first]
    while len(bands) < MAX_BANDS:
        further = _further_band(candidates, bands, times_s)
        if further is None:
            break
        bands.append(further)
    return bands


def _is_titles(band: Band, times_s: Sequence[float], min_span_s: float) -> bool:
    """Whether a band appears only where opening and closing credits do."""
    begin, end = min(times_s), max(times_s)
    edge = CREDITS_SHARE * (end - begin)
    if len(times_s) < CREDITS_MIN_SAMPLES or end - begin < min_span_s:
        return False
    return all(row.pts_s <= begin + edge or row.pts_s >= end - edge for row in band.rows)


def _further_band(
    candidates: Sequence[Candidate], bands: Sequence[Band], times_s: Sequence[float]
) -> Band | None:
    zones = [_zone(band) for band in bands]
    rest = [
        item
        for item in candidates
        if not any(top <= item.row.center_y <= bottom for top, bottom in zones)
    ]
    like = [item for item in rest if _follows(bands[0], item.row)]
    unlike = sum(item.weight for item in rest) - sum(item.weight for item in like)
    band = find_band(like, noise=unlike)
    if band is None or band.pattern.anchor is not bands[0].pattern.anchor:
        return None
    is_real = band.captions >= FURTHER_CAPTIONS and band.evidence >= FURTHER_EVIDENCE
    is_midway = TOP_BOTTOM < band.pattern.center_y < BOTTOM_TOP
    return band if is_real and not is_midway and not _is_titles(band, times_s, 0.0) else None


def _zone(band: Band) -> tuple[float, float]:
    """From where to where the band's rows stand, and rows beside them would."""
    top = min(row.top for row in band.rows) - band.pattern.height
    return top, max(row.bottom for row in band.rows) + band.pattern.height


def _follows(band: Band, row: Row) -> bool:
    """Whether a row is set like the band's rows, at another height on the screen."""
    low, high = sorted((row.height, band.pattern.height))
    anchor = band.pattern.anchor
    off = abs(row.anchor_place(anchor) - band.pattern.position)
    return low >= FURTHER_HEIGHT * high and (anchor is Anchor.NONE or off <= ALIGNED[anchor])
