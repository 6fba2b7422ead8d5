"""Captions that stand so long that they were taken for lasting text at first."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from captionacc.layout.bands import ALIGNED
from captionacc.layout.evidence import SAME_TEXT
from captionacc.layout.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from captionacc.layout.bands import Band
    from captionacc.layout.lasting import LastingText

SAME_LINE_HEIGHTS = 0.35
"""A long caption stands exactly on a line that others use, within this share of the line height."""

LIKE_HEIGHT = 0.75
"""Lowest ratio of its text height to theirs."""


def captions_among(lasting: Iterable[LastingText], bands: Sequence[Band]) -> list[LastingText]:
    """Those texts of uncertain kind that are long captions.

    They are set exactly as the captions are, and no other caption changes beside them.
    """
    return [
        text
        for text in lasting
        if not text.is_certain
        and any(_is_set_like(text, band) for band in bands)
        and not _captions_change_beside(text, bands)
    ]


def _is_set_like(text: LastingText, band: Band) -> bool:
    item, pattern = text.overlay, band.pattern
    row = Row(0, item.first_s, (), "", 1.0, item.left, item.top, item.right, item.bottom)
    low, high = sorted((row.height, pattern.height))
    lines = (abs(row.center_y - known.center_y) for known in band.rows)
    return (
        abs(row.anchor_place(pattern.anchor) - pattern.position) <= ALIGNED[pattern.anchor]
        and low >= LIKE_HEIGHT * high
        and min(lines) <= SAME_LINE_HEIGHTS * pattern.height
    )


def _captions_change_beside(text: LastingText, bands: Sequence[Band]) -> bool:
    samples = {sample for sample, _ in text.members}
    beside = [row for band in bands for row in band.rows if row.sample in samples]
    return any(
        one.sample != other.sample and fuzz.ratio(one.text, other.text) < SAME_TEXT
        for one, other in combinations(beside, 2)
    )
