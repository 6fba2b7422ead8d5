"""From boxes to weighed rows: what the band search has to explain."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from captionacc.layout.lasting import CAPTION_SPAN_S
from captionacc.layout.prior import RowContext, caption_log_odds, probability
from captionacc.layout.rows import MAX_HEIGHT, MIN_HEIGHT, Row, rows_of_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from captionacc.model.results import FrameOcr

SAME_TEXT = 80.0
"""Similarity, 0-100, of two readings of one caption in neighbouring samples."""

SAME_LINE_HEIGHTS = 0.5
"""Largest vertical distance of two readings of one caption line, in row heights."""

SAME_PLACE = 0.1
"""Text that comes back at the same tenth of the frame's height counts as one caption, however
much later: a sign or a name plate, or a ``Yes.`` that proves no more by being said again."""

_CHANGING = re.compile(r"[\W\d_]+")
"""What a clock or score board changes, and what a second reading may add."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that may be a caption's.

    Attributes:
        weight: Probability 0-1 from the row and its frame alone.
        share: One over the number of rows that show this same caption, so that it counts once
            however often it was sampled.
    """

    row: Row
    weight: float
    share: float


def rows_of(
    frames: Sequence[FrameOcr], aspect: float, skip: AbstractSet[tuple[int, int]] = frozenset()
) -> list[Row]:
    """The rows of all samples, without the boxes ``skip`` (sample, box index)."""
    return [
        row
        for sample, frame in enumerate(frames)
        for row in rows_of_frame(
            sample,
            frame.pts_s,
            [(i, box) for i, box in enumerate(frame.boxes) if (sample, i) not in skip],
            aspect,
        )
    ]


def weigh(rows: Iterable[Row], aspect: float) -> list[Candidate]:
    """Weigh each row of possible height by how much it looks like a caption."""
    every = sorted(rows, key=lambda row: (row.sample, row.top, row.left))
    crowd = Counter(row.sample for row in every)
    ordered = [row for row in every if MIN_HEIGHT <= row.height <= MAX_HEIGHT]
    shares = _shares(ordered)
    return [
        Candidate(
            row,
            probability(caption_log_odds(row, RowContext(aspect, crowd[row.sample]))),
            share,
        )
        for row, share in zip(ordered, shares, strict=True)
    ]


def _shares(rows: Sequence[Row]) -> list[float]:
    """One over the number of rows that show the same caption, for each row."""
    exact: dict[tuple[str, int], int] = {}
    caption: list[int] = []
    recent = 0
    for index, row in enumerate(rows):
        while row.pts_s - rows[recent].pts_s > CAPTION_SPAN_S:
            recent += 1
        key = (_CHANGING.sub("", row.text.casefold()), round(row.center_y / SAME_PLACE))
        known = (i for i in range(recent, index) if _shows_same(rows[i], row))
        seen = exact.get(key, -1)
        if seen < 0:
            seen = next((caption[i] for i in known), index)
        caption.append(exact.setdefault(key, seen))
    sizes = Counter(caption)
    return [1 / sizes[number] for number in caption]


def _shows_same(one: Row, other: Row) -> bool:
    near = SAME_LINE_HEIGHTS * max(one.height, other.height)
    return (
        one.sample != other.sample
        and abs(one.center_y - other.center_y) <= near
        and fuzz.ratio(one.text, other.text) >= SAME_TEXT
    )
