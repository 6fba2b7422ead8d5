"""Running tickers: a row of text at constant height that the frame's edges cut off."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING

from captionacc.layout.rows import MAX_HEIGHT
from captionacc.model.layout import Overlay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from captionacc.layout.rows import Row

EDGE = 0.02
"""A row that ends nearer than this to the frame's side is cut off by it; captions keep a margin."""

MIN_SAMPLES = 3
"""Fewer samples cannot tell a ticker from a sign that happens to be cut off."""

MIN_PRESENCE = 0.6
"""A ticker is there all the time; captions pause."""

MIN_CUT_SHARE = 0.5
"""Between two messages a ticker may for a moment touch neither side."""

MIN_CUT_WIDTH = 0.2
"""The end of a sign at the frame's side is narrower than what is left of a message."""

SLOT_HEIGHTS = 0.4
"""Rows of one ticker differ in place by less than this share of a row."""

LIKE_HEIGHT = 0.5
"""Lowest height ratio of rows of one ticker."""

SLOT_EDGE_RANGE = 0.015
SLOT_MIN_WIDTH = 0.4
SLOT_MIN_SAMPLES = 6
SLOT_MIN_PRESENCE = 0.9
"""A ticker in a frame of its own is cut at constant places left and right; that six lines of
captions on end are all equally long, and as long as this, does not happen."""

NEIGHBOURS = 3
"""Rows come ordered by place, so that a row's slot is one of the last few."""


@dataclass(frozen=True, slots=True)
class Ticker:
    """A running ticker.

    Attributes:
        strip: Where it runs, from the first to the last sample that shows it.
        rows: Its rows in the samples.
    """

    strip: Overlay
    rows: frozenset[Row]


@dataclass(frozen=True, slots=True)
class _Span:
    left: float
    right: float


def find_tickers(rows: Iterable[Row]) -> list[Ticker]:
    """Find the running tickers among the rows of all samples."""
    return [_ticker(slot) for slot in _slots(rows) if _is_ticker(slot)]


def _slots(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows of all samples, grouped by the height at which they stand."""
    slots: list[list[Row]] = []
    plausible = (row for row in rows if row.height <= MAX_HEIGHT)
    for row in sorted(plausible, key=lambda row: (row.center_y, row.height, row.sample, row.left)):
        home = next(
            (slot for slot in reversed(slots[-NEIGHBOURS:]) if _stands_with(row, slot)), None
        )
        if home is None:
            slots.append([row])
        else:
            home.append(row)
    return slots


def _stands_with(row: Row, slot: Sequence[Row]) -> bool:
    place = fmean(known.center_y for known in slot)
    height = median(known.height for known in slot)
    low, high = sorted((row.height, height))
    return abs(row.center_y - place) <= SLOT_HEIGHTS * height and low >= LIKE_HEIGHT * high


def _is_ticker(slot: Sequence[Row]) -> bool:
    spans = _spans(slot)
    samples = sorted(spans)
    presence = len(samples) / (samples[-1] - samples[0] + 1)
    if len(samples) < MIN_SAMPLES or presence < MIN_PRESENCE:
        return False
    cut_share = len({row.sample for row in slot if _is_cut_off(row)}) / len(spans)
    is_slot = presence >= SLOT_MIN_PRESENCE and _fills_fixed_slot(list(spans.values()))
    return cut_share >= MIN_CUT_SHARE or is_slot


def _is_cut_off(row: Row) -> bool:
    return row.width >= MIN_CUT_WIDTH and (row.left <= EDGE or row.right >= 1 - EDGE)


def _spans(slot: Sequence[Row]) -> dict[int, _Span]:
    """From where to where each sample's text in the slot reaches."""
    spans: dict[int, _Span] = {}
    for row in slot:
        span = spans.get(row.sample, _Span(row.left, row.right))
        spans[row.sample] = _Span(min(span.left, row.left), max(span.right, row.right))
    return spans


def _fills_fixed_slot(spans: Sequence[_Span]) -> bool:
    lefts, rights = [span.left for span in spans], [span.right for span in spans]
    return (
        len(spans) >= SLOT_MIN_SAMPLES
        and max(lefts) - min(lefts) <= SLOT_EDGE_RANGE
        and max(rights) - min(rights) <= SLOT_EDGE_RANGE
        and min(rights) - max(lefts) >= SLOT_MIN_WIDTH
    )


def _ticker(slot: Sequence[Row]) -> Ticker:
    strip = Overlay(
        left=min(row.left for row in slot),
        top=median(row.top for row in slot),
        right=max(row.right for row in slot),
        bottom=median(row.bottom for row in slot),
        first_s=min(row.pts_s for row in slot),
        last_s=max(row.pts_s for row in slot),
    )
    return Ticker(strip, frozenset(slot))
