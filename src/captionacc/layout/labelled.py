"""What a person says of single boxes, as evidence for where captions are."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from captionacc.layout.bands import ALIGNED, Band, Pattern
from captionacc.layout.evidence import rows_of
from captionacc.model.layout import Anchor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from captionacc.layout.lasting import LastingText
    from captionacc.layout.rows import Row
    from captionacc.model.results import FrameOcr

PersonsLabel: TypeAlias = Literal["in", "out", "clear"]
"""Of a caption, of something else, or not to be decided: then it is evidence for neither."""

_PREFERRED: Final = (Anchor.CENTER, Anchor.LEFT, Anchor.RIGHT, Anchor.NONE)
"""The first that fits; few rows fit several."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Boxes of frames in order of time, each as (sample, box index).

    Attributes:
        captions: Those that a person says are captions'.
        others: Those that are not to be looked at as captions.
    """

    captions: frozenset[tuple[int, int]] = field(default_factory=frozenset[tuple[int, int]])
    others: frozenset[tuple[int, int]] = field(default_factory=frozenset[tuple[int, int]])

    def clear_of(self, lasting: Sequence[LastingText]) -> list[LastingText]:
        """The lasting text of which nobody says that it is a caption."""
        return [text for text in lasting if not text.members & self.captions]


def labels_of(frames: Sequence[FrameOcr], given: Mapping[tuple[int, int], PersonsLabel]) -> Labels:
    """The labels by sample.

    Args:
        frames: The samples in order of time.
        given: A person's labels by frame index and box index.
    """
    samples = {frame.frame_index: sample for sample, frame in enumerate(frames)}
    known = {
        (samples[frame_index], box_index): label
        for (frame_index, box_index), label in given.items()
        if frame_index in samples
    }
    captions = frozenset(place for place, label in known.items() if label == "in")
    return Labels(captions, frozenset(known) - captions)


def bands_of_labels(
    frames: Sequence[FrameOcr], aspect: float, labels: Labels, bands: Sequence[Band]
) -> list[Band]:
    """A band of the labelled captions that stand outside of the bands that were found, if any."""
    rows = [
        row
        for row in rows_of(frames, aspect, skip=labels.others)
        if any((row.sample, index) in labels.captions for index in row.box_indexes)
    ]
    strangers = [row for row in rows if not any(row in band.rows for band in bands)]
    return [_band(strangers)] if strangers else []


def _band(rows: Sequence[Row]) -> Band:
    height = median(row.height for row in rows)
    anchor = next(anchor for anchor in _PREFERRED if _are_aligned(rows, anchor))
    position = median(row.anchor_place(anchor) for row in rows)
    center_y = median(row.center_y for row in rows)
    pattern = Pattern(anchor, position, center_y, height)
    return Band(pattern, tuple(rows), captions=len(rows), evidence=len(rows))


def _are_aligned(rows: Sequence[Row], anchor: Anchor) -> bool:
    """Always for the last anchor, which is none."""
    places = [row.anchor_place(anchor) for row in rows]
    return anchor is Anchor.NONE or max(places) - min(places) <= 2 * ALIGNED[anchor]
