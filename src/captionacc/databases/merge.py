"""How predictions give way to the captions that a person has worked on. No I/O."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from captionacc.model.results import CaptionExtent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SAME_CAPTION: Final = 0.7
"""Two extents whose common time is at least this share of the time of either are one caption, of
which a person knows the boundaries better."""

SHORTEST_PART_S: Final = 0.25
"""What is left of a prediction is no caption of its own if it is shorter than this."""

_SAME_MOMENT_S: Final = 1e-6
ROUNDED_S: Final = 1e-3
"""Clients may round times to milliseconds; no two frames are as close as that."""

_INDEX_SLACK_S: Final = 1.0
"""More than a crop frame's index can be away from the time that it stands for."""


class _Moment(NamedTuple):
    """A point in time as crop frame and as PTS; neither follows exactly from the other."""

    frame_index: int
    pts_s: float


class Kept:
    """The extents of the captions that no prediction may take the place of, in any order."""

    def __init__(self, extents: Iterable[CaptionExtent]) -> None:
        self._extents = sorted(extents, key=_order)
        self._last_end_s = list(accumulate((one.end_pts_s for one in self._extents), max))

    def free_parts(self, prediction: CaptionExtent) -> tuple[CaptionExtent, ...]:
        """What they leave of a prediction, in order of time.

        A prediction that meets none of them comes back as it is. One that is the same caption as
        one of them is gone; of any other the parts between them stay that are long enough.
        Indexes and times of a part come from the extents that meet there, so they fit each other,
        and a part shares no crop frame and no moment with a kept caption.
        """
        met = [one for one in self._near(prediction) if meets(one, prediction)]
        if not met:
            return (prediction,)
        if any(_is_same(one, prediction) for one in met):
            return ()
        return tuple(part for part in _between(prediction, met) if _is_worth_keeping(part))

    def _near(self, prediction: CaptionExtent) -> list[CaptionExtent]:
        first = bisect_right(self._last_end_s, prediction.start_pts_s - _INDEX_SLACK_S)
        limit_s = prediction.end_pts_s + _INDEX_SLACK_S
        end = bisect_left(self._extents, limit_s, key=lambda one: one.start_pts_s)
        return self._extents[first:end]


def overlap(first: CaptionExtent, second: CaptionExtent) -> bool:
    """Whether two extents, of which a person gave one, have a frame in common."""
    return _common_s(first, second) > ROUNDED_S


def meets(first: CaptionExtent, second: CaptionExtent) -> bool:
    """Whether two extents have a crop frame or a moment in common."""
    return _common_s(first, second) > _SAME_MOMENT_S or (
        first.start_index < second.end_index and second.start_index < first.end_index
    )


def is_unmoved(first: CaptionExtent, second: CaptionExtent) -> bool:
    """Whether two extents begin and end with the same frames."""
    return (
        abs(first.start_pts_s - second.start_pts_s) < ROUNDED_S
        and abs(first.end_pts_s - second.end_pts_s) < ROUNDED_S
    )


def duration_s(extent: CaptionExtent) -> float:
    """How long it lasts, in seconds."""
    return extent.end_pts_s - extent.start_pts_s


def _between(prediction: CaptionExtent, met: Sequence[CaptionExtent]) -> Iterator[CaptionExtent]:
    cursor = _Moment(prediction.start_index, prediction.start_pts_s)
    for place, one in enumerate(met):
        # In order of time, the index of a caption shorter than a crop frame may be out of order.
        first_index = min(later.start_index for later in met[place:])
        yield _cut(prediction, cursor, _Moment(first_index, one.start_pts_s))
        cursor = _Moment(max(cursor.frame_index, one.end_index), max(cursor.pts_s, one.end_pts_s))
    yield _cut(prediction, cursor, _Moment(prediction.end_index, prediction.end_pts_s))


def _cut(prediction: CaptionExtent, start: _Moment, end: _Moment) -> CaptionExtent:
    return CaptionExtent(
        start.frame_index,
        min(end.frame_index, prediction.end_index),
        start.pts_s,
        min(end.pts_s, prediction.end_pts_s),
        prediction.confidence,
    )


def _is_worth_keeping(part: CaptionExtent) -> bool:
    has_frames = part.end_index > part.start_index
    return has_frames and duration_s(part) >= SHORTEST_PART_S


def _is_same(first: CaptionExtent, second: CaptionExtent) -> bool:
    common_s = _common_s(first, second)
    union_s = duration_s(first) + duration_s(second) - common_s
    return common_s > 0 and common_s >= SAME_CAPTION * union_s


def _common_s(first: CaptionExtent, second: CaptionExtent) -> float:
    return min(first.end_pts_s, second.end_pts_s) - max(first.start_pts_s, second.start_pts_s)


def _order(extent: CaptionExtent) -> tuple[float, int]:
    return (extent.start_pts_s, extent.start_index)
