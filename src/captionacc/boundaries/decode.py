"""From located captions to extents over crop frames, and the label of each pair of frames."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from captionacc.model.results import CaptionExtent, PairLabel, PairResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Located:
    """One caption in time: PTS of its first native frame and of the first after it, in seconds."""

    start_s: float
    end_s: float
    confidence: float


def extents_of(
    captions: Sequence[Located], sample_pts_s: Sequence[float]
) -> tuple[CaptionExtent, ...]:
    """Extents in order and without overlaps.

    Args:
        captions: In the order of their starts.
        sample_pts_s: PTS of each crop frame in seconds, not decreasing.
    """
    extents: list[CaptionExtent] = []
    last = CaptionExtent(0, 0, 0.0, 0.0, 1.0)
    for position, caption in enumerate(captions):
        start_s = max(caption.start_s, last.end_pts_s)
        end_s = caption.end_s
        if position + 1 < len(captions):
            end_s = min(end_s, max(captions[position + 1].start_s, start_s))
        start = max(bisect_left(sample_pts_s, start_s), last.end_index)
        if end_s <= start_s or start >= len(sample_pts_s):
            continue
        end = max(bisect_left(sample_pts_s, end_s), start + 1)
        last = CaptionExtent(start, end, start_s, end_s, caption.confidence)
        extents.append(last)
    return tuple(extents)


def pairs_of(extents: Sequence[CaptionExtent], sureness: Sequence[float]) -> Iterator[PairResult]:
    """One result for each pair of consecutive crop frames.

    Args:
        extents: In order, without overlaps.
        sureness: For each crop frame, how sure it is that it shows what the one before shows, 0-1.
    """
    owners = _owners(extents, len(sureness))
    before = next(owners, None)
    for index, after in enumerate(owners, start=1):
        label = _label(before, after)
        sure = float(sureness[index])
        if label is PairLabel.SAME:
            same, different, confidence = sure, 1 - sure, max(sure, 0.5)
        elif label is PairLabel.EMPTY_EMPTY:
            same, different, confidence = sure, 0.0, sure
        else:
            changed = extents[after if after is not None else before or 0].confidence
            same, confidence = 1 - changed, changed
            different = changed if label is PairLabel.DIFFERENT else 0.0
        yield PairResult(index - 1, index, label, confidence, same, different)
        before = after


def _owners(extents: Sequence[CaptionExtent], count: int) -> Iterator[int | None]:
    """For each crop frame the position of the caption that it shows, or None."""
    position = 0
    for index in range(count):
        while position < len(extents) and extents[position].end_index <= index:
            position += 1
        shown = position < len(extents) and extents[position].start_index <= index
        yield position if shown else None


def _label(before: int | None, after: int | None) -> PairLabel:
    if before is None:
        return PairLabel.EMPTY_EMPTY if after is None else PairLabel.EMPTY_TO_CAPTION
    if after is None:
        return PairLabel.CAPTION_TO_EMPTY
    return PairLabel.SAME if before == after else PairLabel.DIFFERENT
