"""The search for the rows that captions use.

Every row is tried as the pattern of all others (as in RANSAC): same alignment, like height, near in
height on the screen. The pattern that most captions follow wins, against what chance explains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from captionacc.layout.prior import BOTTOM_TOP, TOP_BOTTOM
from captionacc.layout.rows import Row, are_stacked
from captionacc.model.layout import Anchor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.layout.evidence import Candidate

Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

ALIGNED = {Anchor.CENTER: 0.025, Anchor.LEFT: 0.018, Anchor.RIGHT: 0.018, Anchor.NONE: 1.0}
"""Largest deviation from the pattern's anchor, in frame widths: detector jitter of 0.5 %, and for
centres half of a full-width mark that has no ink in its second half."""

TRUST = {Anchor.CENTER: 0.6, Anchor.LEFT: 0.7, Anchor.RIGHT: 0.7, Anchor.NONE: 0.4}
MIDDLE_TRUST = 1.0
MIDDLE = 0.03
"""What one aligned row is worth. Lines centred in the frame are the rule; another alignment takes
several captions to show, and none at all shows only in many."""

MIN_CAPTIONS = {Anchor.CENTER: 1, Anchor.LEFT: 2, Anchor.RIGHT: 2, Anchor.NONE: 4}

LIKE_HEIGHT = 0.65
"""Lowest ratio of two text box heights of one font size: with and without ascenders."""

SAME_LINE_HEIGHTS = 0.4
NEAR_LINE_HEIGHTS = 1.7
NEAR_LINE = 0.7
"""The same line of the same block, or its neighbour line, which counts less."""

CHANCE = {Anchor.CENTER: 0.01, Anchor.LEFT: 0.01, Anchor.RIGHT: 0.01, Anchor.NONE: 0.15}
"""Share of unrelated text that follows a pattern by accident: one row in fifteen is so aligned,
one in two so high, one in three so near."""

SURPRISE_USUAL = 1.5
SURPRISE_ELSEWHERE = 2.5
"""Standard deviations of that accident (Poisson) that captions must exceed. The usual place is one
pattern; elsewhere the best of hundreds was picked."""

MIN_EVIDENCE = 0.5
MIN_EVIDENCE_ELSEWHERE = 1.1
"""Captions beyond chance. One clear line centred at the bottom or top is enough for a short clip;
anywhere else it takes two clear ones, or more among other text."""

MAX_SEEDS = 300
"""Patterns tried for each alignment; bounds time and memory on a long video."""

REFINEMENTS = 2

PARTNER_HEIGHT = 0.45
"""Lowest height ratio between the lines of a bilingual caption."""

PARTNER_WEIGHT = 0.1
"""A neighbour line of a caption needs little else to be one."""


class Pattern(NamedTuple):
    """What the rows of a band have in common; lengths normalised in the full frame."""

    anchor: Anchor
    position: float
    center_y: float
    height: float


@dataclass(frozen=True, slots=True)
class Band:
    """Rows of one place and alignment.

    Attributes:
        pattern: What they have in common.
        rows: The rows that follow it, and their partner lines, in order of time.
        captions: How many different captions they show.
        evidence: Captions beyond what chance explains, weighted by how caption-like they are.
    """

    pattern: Pattern
    rows: tuple[Row, ...]
    captions: float
    evidence: float


class _Table(NamedTuple):
    """The candidates as columns."""

    rows: tuple[Row, ...]
    places: dict[Anchor, Floats]
    weight: Floats
    worth: Floats
    share: Floats
    center_y: Floats
    height: Floats
    starts: npt.NDArray[np.intp]


class _Fit(NamedTuple):
    match: Mask
    evidence: float
    captions: float


def find_band(candidates: Sequence[Candidate], noise: float = 0.0) -> Band | None:
    """Find the band with the most evidence, or None if chance explains all that was seen.

    Args:
        candidates: Rows to explain, each with its weight.
        noise: Summed weight of further text on the screen that is not to be explained.
    """
    if not candidates:
        return None
    table = _table(candidates)
    patterns = [pattern for anchor in Anchor if (pattern := _best_pattern(table, anchor, noise))]
    fits = [(_fit(table, pattern, noise), pattern) for pattern in patterns]
    best = max(fits, key=lambda item: (item[0].evidence, item[1]), default=None)
    if best is None or best[0].evidence < _evidence_needed(best[1]):
        return None
    return _band(table, *best)


def _evidence_needed(pattern: Pattern) -> float:
    return MIN_EVIDENCE if _is_usual(pattern) else MIN_EVIDENCE_ELSEWHERE


def _is_usual(pattern: Pattern) -> bool:
    """Whether the rows are centred at the bottom or top of the frame."""
    is_at_an_edge = pattern.center_y >= BOTTOM_TOP or pattern.center_y <= TOP_BOTTOM
    return is_at_an_edge and _is_in_the_middle(pattern)


def _table(candidates: Sequence[Candidate]) -> _Table:
    ordered = sorted(candidates, key=lambda item: (item.row.sample, item.row.top, item.row.left))
    samples = np.array([item.row.sample for item in ordered])
    weight = np.array([item.weight for item in ordered])
    share = np.array([item.share for item in ordered])
    return _Table(
        rows=tuple(item.row for item in ordered),
        places={
            anchor: np.array([item.row.anchor_place(anchor) for item in ordered])
            for anchor in Anchor
        },
        weight=weight,
        worth=weight * share,
        share=share,
        center_y=np.array([item.row.center_y for item in ordered]),
        height=np.array([item.row.height for item in ordered]),
        starts=np.flatnonzero(np.diff(samples, prepend=-1)),
    )


def _best_pattern(table: _Table, anchor: Anchor, noise: float) -> Pattern | None:
    """The best pattern of one alignment, refined on the rows that follow it."""
    places = table.places[anchor]
    seeds = np.argsort(-table.worth, kind="stable")[:MAX_SEEDS]
    patterns = [
        Pattern(anchor, float(places[i]), float(table.center_y[i]), float(table.height[i]))
        for i in seeds
    ]
    fits = [_fit(table, pattern, noise) for pattern in patterns]
    best = max(range(len(fits)), key=lambda index: (fits[index].evidence, patterns[index]))
    pattern = patterns[best]
    for _ in range(REFINEMENTS):
        match = _fit(table, pattern, noise).match
        pattern = pattern._replace(
            position=float(np.median(places[match])), height=float(np.median(table.height[match]))
        )
    return pattern if _fit(table, pattern, noise).captions >= MIN_CAPTIONS[anchor] else None


def _fit(table: _Table, pattern: Pattern, noise: float) -> _Fit:
    """How well a pattern explains the rows: captions beyond what chance brings (Poisson)."""
    vertical = _vertical_agreement(table, pattern)
    off = np.abs(table.places[pattern.anchor] - pattern.position)
    ratio = table.height / pattern.height
    match = (
        (off <= ALIGNED[pattern.anchor])
        & (ratio >= LIKE_HEIGHT)
        & (ratio <= 1 / LIKE_HEIGHT)
        & (vertical > 0)
    )
    worth = np.where(match, table.worth * vertical, 0)
    support = _trust(pattern) * float(np.maximum.reduceat(worth, table.starts).sum())
    captions = float(np.maximum.reduceat(np.where(match, table.share, 0), table.starts).sum())
    accidents = CHANCE[pattern.anchor] * (noise + float(table.weight[~match].sum()))
    surprise = SURPRISE_USUAL if _is_usual(pattern) else SURPRISE_ELSEWHERE
    return _Fit(match, support - accidents - surprise * accidents**0.5, captions)


def _vertical_agreement(table: _Table, pattern: Pattern) -> Floats:
    distance = np.abs(table.center_y - pattern.center_y) / pattern.height
    near = np.where(distance <= NEAR_LINE_HEIGHTS, NEAR_LINE, 0.0)
    return np.where(distance <= SAME_LINE_HEIGHTS, 1.0, near)


def _trust(pattern: Pattern) -> float:
    return MIDDLE_TRUST if _is_in_the_middle(pattern) else TRUST[pattern.anchor]


def _is_in_the_middle(pattern: Pattern) -> bool:
    return pattern.anchor is Anchor.CENTER and abs(pattern.position - 0.5) <= MIDDLE


def _band(table: _Table, fit: _Fit, pattern: Pattern) -> Band:
    rows = [row for row, is_match in zip(table.rows, fit.match, strict=True) if is_match]
    heights = [row.height for row in rows]
    in_sample: dict[int, list[Row]] = {}
    for row in rows:
        in_sample.setdefault(row.sample, []).append(row)
    partners = [
        row
        for row, is_match, weight in zip(table.rows, fit.match, table.weight, strict=True)
        if not is_match
        and weight >= PARTNER_WEIGHT
        and any(_is_partner(row, known, pattern) for known in in_sample.get(row.sample, ()))
    ]
    members = sorted([*rows, *partners], key=lambda row: (row.sample, row.top, row.left))
    return Band(
        pattern._replace(height=float(np.median(heights))),
        tuple(members),
        fit.captions,
        fit.evidence,
    )


def _is_partner(row: Row, known: Row, pattern: Pattern) -> bool:
    """Whether a row is another line of the caption that ``known`` is a line of.

    Either it follows the alignment in another height (bilingual), or it begins where ``known``
    does (two speakers, left-aligned in a centred block).
    """
    low, high = sorted((row.height, known.height))
    off = abs(row.anchor_place(pattern.anchor) - pattern.position)
    is_aligned = off <= ALIGNED[pattern.anchor] or (
        abs(row.left - known.left) <= ALIGNED[Anchor.LEFT]
    )
    return low >= PARTNER_HEIGHT * high and is_aligned and are_stacked(row, known)
