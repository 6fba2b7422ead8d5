"""How much one row of text looks like a caption before its neighbours in time are known.

Evidence adds up as log-odds (naive Bayes), so each constant says by how much one observation makes
a caption more or less likely: 0.5 hardly, 1 clearly, 2 and more nearly decides alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from captionacc.layout.tickers import EDGE

if TYPE_CHECKING:
    from captionacc.layout.rows import Row

BOTTOM_TOP = 0.62
BOTTOM = 1.0
TOP_BOTTOM = 0.30
TOP = 0.3
MIDDLE = -1.0
"""Most captions are in the lowest third, some in the highest; in between is where the scene is."""

SURE_CONFIDENCE = 0.9
SURE = 0.5
POOR_CONFIDENCE = 0.6
POOR = -1.5
"""Captions are made to be read; scene text is blurred, small, tilted, or no text at all."""

WIDE_ASPECT = 2.5
WIDE = 0.5
NARROW = -0.5
"""A line is several characters long."""

WORDLESS = -1.5
"""Numbers and marks alone are clocks, scores and misread texture."""

CUT_OFF = -2.5
"""Text that the frame's side cuts off was not set for this frame."""

CALM_ROWS = 4
CROWD_PER_ROW = -0.9
CROWD_LIMIT = -5.0
"""A bilingual two-line caption has four rows; credits, documents and screens have more."""


@dataclass(frozen=True, slots=True)
class RowContext:
    """What is around a row.

    Attributes:
        aspect: Width of the frame divided by its height.
        row_count: Rows in the same frame, itself included.
    """

    aspect: float
    row_count: int


def caption_log_odds(row: Row, context: RowContext) -> float:
    """Log-odds that the row is a caption's, from the row and its frame alone.

    Horizontal alignment is left out: only the other samples tell which alignment to expect.
    """
    return (
        _place(row)
        + _reading(row)
        + _form(row, context.aspect)
        + max(CROWD_LIMIT, CROWD_PER_ROW * max(0, context.row_count - CALM_ROWS))
    )


def probability(log_odds: float) -> float:
    """The logistic function."""
    return 1 / (1 + math.exp(-log_odds))


def _place(row: Row) -> float:
    if row.center_y >= BOTTOM_TOP:
        return BOTTOM
    return TOP if row.center_y <= TOP_BOTTOM else MIDDLE


def _reading(row: Row) -> float:
    words = sum(char.isalpha() for char in row.text)
    score = 0.0 if words else WORDLESS
    if row.confidence >= SURE_CONFIDENCE:
        return score + SURE
    return score + (POOR if row.confidence < POOR_CONFIDENCE else 0.0)


def _form(row: Row, aspect: float) -> float:
    is_wide = row.width * aspect >= WIDE_ASPECT * row.height
    is_cut = row.left <= EDGE or row.right >= 1 - EDGE
    return (WIDE if is_wide else NARROW) + (CUT_OFF if is_cut else 0.0)
