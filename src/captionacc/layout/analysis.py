"""The recipe: from OCR boxes over sparse samples to the caption layout."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from captionacc.layout.choice import choose_bands
from captionacc.layout.classify import ClassifiedBox, classify_boxes
from captionacc.layout.describe import describe
from captionacc.layout.evidence import rows_of
from captionacc.layout.labelled import Labels, bands_of_labels, labels_of
from captionacc.layout.lasting import find_lasting_text
from captionacc.layout.recheck import captions_among
from captionacc.layout.region import propose_region
from captionacc.layout.tickers import find_tickers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from captionacc.layout.bands import Band
    from captionacc.layout.labelled import PersonsLabel
    from captionacc.layout.lasting import LastingText
    from captionacc.layout.rows import Row
    from captionacc.model.geometry import CropRegion
    from captionacc.model.layout import CaptionLayout, Overlay
    from captionacc.model.results import FrameOcr

INSIDE = 0.5
"""Share of a row's height inside a given crop region that makes it a row of the region."""


@dataclass(frozen=True, slots=True)
class LayoutAnalysis:
    """Where captions are, and which boxes are theirs.

    Attributes:
        layout: None if the samples show no captions.
        boxes: One entry for every box, in the order of the frames and boxes given.
    """

    layout: CaptionLayout | None
    boxes: tuple[ClassifiedBox, ...]


@dataclass(frozen=True, slots=True)
class _Findings:
    """Caption bands, and the text that lasts or runs; overlays anywhere in the frame."""

    bands: tuple[Band, ...]
    tickers: tuple[Overlay, ...]
    overlays: tuple[Overlay, ...]


def analyze_layout(
    frames: Sequence[FrameOcr],
    width: int,
    height: int,
    crop: CropRegion | None = None,
    labels: Mapping[tuple[int, int], PersonsLabel] | None = None,
) -> LayoutAnalysis:
    """Find the captions among all text in sparsely sampled frames.

    Args:
        frames: OCR of full frames, some seconds apart, in any order; boxes normalised 0-1 in the
            display-oriented full frame.
        width: Display width of the frames in pixels.
        height: Display height in pixels.
        crop: The crop region if a person gave it. It is kept as it is, there is always a layout
            then, and only anchor, line height and overlays are estimated.
        labels: What a person says of boxes, by frame index and box index: all captions' boxes are
            in the region then, and the others are no evidence.
    """
    aspect = width / height
    layout = _layout(frames, aspect, crop, labels or {})
    return LayoutAnalysis(layout, classify_boxes(frames, layout, aspect))


def _layout(
    frames: Sequence[FrameOcr],
    aspect: float,
    crop: CropRegion | None,
    given: Mapping[tuple[int, int], PersonsLabel],
) -> CaptionLayout | None:
    ordered = sorted(frames, key=lambda frame: (frame.pts_s, frame.frame_index))
    labels = labels_of(ordered, given)
    found = _tell_apart(ordered, aspect, crop, labels)
    if labels.captions:
        told = bands_of_labels(ordered, aspect, labels, found.bands)
        found = replace(found, bands=(*found.bands, *told))
    if crop is not None:
        return describe(crop, found.bands, (*found.tickers, *found.overlays))
    if not found.bands:
        return None
    region = propose_region(found.bands, found.tickers, found.overlays)
    return describe(region, found.bands, (*found.tickers, *found.overlays))


def _tell_apart(
    frames: Sequence[FrameOcr], aspect: float, crop: CropRegion | None, labels: Labels
) -> _Findings:
    """Take out what lasts, look for captions in the rest, then look at long captions again."""
    lasting = labels.clear_of(find_lasting_text(frames, aspect))
    found = _search(frames, aspect, lasting, crop, labels)
    long_captions = captions_among(lasting, found.bands)
    if not long_captions:
        return found
    overlays = [text for text in lasting if text not in long_captions]
    return _search(frames, aspect, overlays, crop, labels)


def _search(
    frames: Sequence[FrameOcr],
    aspect: float,
    lasting: Iterable[LastingText],
    crop: CropRegion | None,
    labels: Labels,
) -> _Findings:
    texts = list(lasting)
    members = frozenset(member for text in texts for member in text.members)
    rows = rows_of(frames, aspect, skip=members | labels.others)
    tickers = find_tickers(rows)
    running = frozenset(row for ticker in tickers for row in ticker.rows)
    free = [row for row in rows if row not in running and (crop is None or _is_inside(row, crop))]
    bands = choose_bands(free, aspect, [frame.pts_s for frame in frames])
    return _Findings(
        tuple(bands),
        tuple(ticker.strip for ticker in tickers),
        tuple(text.overlay for text in texts),
    )


def _is_inside(row: Row, crop: CropRegion) -> bool:
    common = min(row.bottom, crop.bottom) - max(row.top, crop.top)
    return crop.left <= row.center_x <= crop.right and common >= INSIDE * row.height
