"""``median_ocr``: one reading per caption, of the median of its crop frames."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from captionacc.captions.reading import read_caption
from captionacc.captions.selection import LineSelector, is_due
from captionacc.compute.caption_layout import layout_within
from captionacc.compute.contracts import CaptionText, MedianOcrResult
from captionacc.compute.crop_frames import CropFrameReader
from captionacc.compute.engines import engine_for, reader_count, script_warnings
from captionacc.compute.progress import NULL_PROGRESS, Phase
from captionacc.compute.read_ahead import work_ahead
from captionacc.compute.workspace import run_once
from captionacc.model.geometry import CropRegion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from captionacc.compute.contracts import MedianOcrJob
    from captionacc.compute.crop_frames import CropManifest
    from captionacc.compute.progress import Progress
    from captionacc.compute.workspace import Workspace
    from captionacc.model.ids import CaptionId
    from captionacc.model.layout import CaptionLayout
    from captionacc.model.results import CaptionExtent
    from captionacc.ocr.protocol import Image

MAX_FRAMES: Final = 9
"""More frames make a median no better, and every one has to be decoded."""

_MAX_GAPS: Final = 3
_FRAMES_OF_GAP: Final = 2

_INTERIOR_FROM: Final = 3
_COARSE_STEP: Final = 4
_MIN_COARSE: Final = 5


def median_ocr(job: MedianOcrJob, progress: Progress = NULL_PROGRESS) -> MedianOcrResult:
    """Read the captions of ``job`` from crop-frames version ``job.version``.

    Raises:
        StoreError: the crop frames are missing, or the store failed.
        MissingDependencyError: the engine is not installed.
    """
    return run_once(job, MedianOcrResult, lambda space: _median_ocr(job, space, progress))


def _median_ocr(job: MedianOcrJob, space: Workspace, progress: Progress) -> MedianOcrResult:
    progress.report(Phase.TEXT, 0.0)
    engine = engine_for(job.ocr)
    crop = CropFrameReader(space.store, space.keys, job.version)
    manifest = crop.manifest()
    layout = layout_within(space, CropRegion(*manifest.crop_region))
    region = layout.crop_region
    line_px = layout.line_height / (region.bottom - region.top) * manifest.height
    select = LineSelector(layout, manifest.width / manifest.height)

    def read(of: _Pictures) -> tuple[CaptionId, CaptionText]:
        selected = partial(select, time_s=of.time_s)
        reading = read_caption(of.frames, engine, selected, of.others, line_px)
        return of.caption, CaptionText(**reading._asdict(), frames_used=len(of.frames))

    texts: dict[CaptionId, CaptionText] = {}
    pictures = space.timed(_pictures(job, crop, manifest, layout), "decode crops")
    with closing(work_ahead(pictures, read, reader_count(job.ocr))) as readings:
        for caption, text in space.timed(readings, "read captions"):
            texts[caption] = text
            progress.report(Phase.TEXT, len(texts) / len(job.captions))
    lines = [line for text in texts.values() for line in text.lines]
    return MedianOcrResult(
        keys=(),
        seconds=space.seconds,
        warnings=script_warnings(engine, lines, manifest.width / manifest.height),
        captions=texts,
    )


@dataclass(frozen=True, slots=True)
class _Pictures:
    """What a caption is read from: frames that show it, and groups of some around that do not."""

    caption: CaptionId
    time_s: float
    frames: list[Image]
    others: list[list[Image]]


def _pictures(
    job: MedianOcrJob, crop: CropFrameReader, manifest: CropManifest, layout: CaptionLayout
) -> Iterator[_Pictures]:
    """The pictures of each caption, in order of time, so that each chunk is decoded once."""
    empty = _EmptyFrames(layout, job.captions.values(), manifest)
    for caption, extent in sorted(job.captions.items(), key=lambda item: item[1].start_index):
        frames = [crop.frame(index) for index in choose_frames(extent, manifest.frame_count)]
        others = [[crop.frame(index) for index in group] for group in empty.around(extent)]
        yield _Pictures(caption, extent.start_pts_s, frames, others)


class _EmptyFrames:
    """Crop frames without a caption, for telling what lasts there: only where overlays are due."""

    def __init__(
        self, layout: CaptionLayout, extents: Iterable[CaptionExtent], manifest: CropManifest
    ) -> None:
        self._overlays = layout.overlays
        self._gaps = list(_gaps(extents, manifest.frame_count)) if self._overlays else []

    def around(self, extent: CaptionExtent) -> tuple[list[int], list[int]]:
        """Frames of the gaps before and after a caption, in order; none where no overlay is due."""
        if not any(is_due(overlay, extent.start_pts_s) for overlay in self._overlays):
            return [], []
        before = [gap for gap in self._gaps if gap.stop <= extent.start_index][-_MAX_GAPS:]
        after = [gap for gap in self._gaps if gap.start >= extent.end_index][:_MAX_GAPS]
        return _spread(before), _spread(after)


def _gaps(extents: Iterable[CaptionExtent], frame_count: int) -> Iterator[range]:
    """The frames between captions, without those next to one, which may show a fade."""
    end = -1
    for extent in sorted(extents, key=lambda extent: extent.start_index):
        if extent.start_index - 1 > end + 1:
            yield range(end + 1, extent.start_index - 1)
        end = max(end, extent.end_index)
    if frame_count > end + 1:
        yield range(end + 1, frame_count)


def _spread(gaps: Sequence[range]) -> list[int]:
    """A few frames from each gap, of the coarse levels where it has them."""
    frames: list[int] = []
    for gap in gaps:
        coarse = [index for index in gap if index % _COARSE_STEP == 0]
        chosen = coarse if len(coarse) >= _FRAMES_OF_GAP else gap
        count = min(_FRAMES_OF_GAP, len(chosen))
        frames += [chosen[(2 * place + 1) * len(chosen) // (2 * count)] for place in range(count)]
    return frames


def choose_frames(extent: CaptionExtent, frame_count: int) -> list[int]:
    """Crop frames to take the median of: at most 9, evenly spread, in order.

    The first and last one are left out where there are others, since they may show a fade. Long
    captions use only frames of the coarse levels, so that a quarter of the chunks is decoded.
    A caption that falls between two crop frames gets the one after it.
    """
    start = min(extent.start_index, frame_count - 1)
    indexes = range(start, max(min(extent.end_index, frame_count), start + 1))
    if len(indexes) >= _INTERIOR_FROM:
        indexes = indexes[1:-1]
    coarse = [index for index in indexes if index % _COARSE_STEP == 0]
    chosen = coarse if len(coarse) >= _MIN_COARSE else list(indexes)
    count = min(len(chosen), MAX_FRAMES)
    return [chosen[(2 * place + 1) * len(chosen) // (2 * count)] for place in range(count)]
