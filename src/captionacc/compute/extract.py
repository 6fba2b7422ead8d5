"""``extract_frames_and_ocr``: what a video is, what a few frames of it say, where captions are."""

from __future__ import annotations

import math
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from captionacc.compute.contracts import ExtractResult
from captionacc.compute.engines import (
    engine_for,
    language_warnings,
    reader_count,
    script_warnings,
)
from captionacc.compute.full_frames import FullFrames
from captionacc.compute.progress import NULL_PROGRESS, Phase
from captionacc.compute.read_ahead import work_ahead
from captionacc.compute.workspace import run_once
from captionacc.databases.layout import BoxLabel, LayoutBox, LayoutConfig, write_layout
from captionacc.databases.ocr_server import write_ocr_server
from captionacc.layout.analysis import analyze_layout
from captionacc.media.probe import probe
from captionacc.media.sampling import sample_frames

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from captionacc.compute.contracts import ExtractJob
    from captionacc.compute.progress import Progress
    from captionacc.compute.workspace import Workspace
    from captionacc.layout.analysis import LayoutAnalysis
    from captionacc.layout.classify import ClassifiedBox
    from captionacc.model.geometry import OcrBox
    from captionacc.model.results import FrameOcr, VideoProbe

MIN_FRAMES: Final = 8
"""Short videos are sampled so densely that so many frames are read."""

DOUBTFUL_FRAMES: Final = 15
"""How many more are read where these leave doubts."""

_MIN_CAPTIONED: Final = 3
"""Frames with captions that a layout should rest on."""

MAX_SEARCH_FRAMES: Final = 240
"""Up to so many frames are read before a video is said to have no captions."""

_MIN_INTERVAL_S: Final = 0.4
_MIN_SEARCH_INTERVAL_S: Final = 1.0


def extract_frames_and_ocr(job: ExtractJob, progress: Progress = NULL_PROGRESS) -> ExtractResult:
    """Sample full frames, read them, find the captions' place, and store all that.

    Raises:
        BadInputError: the video cannot be read.
        UsageError: the engine cannot write the language.
        MissingDependencyError: the engine is not installed.
        TransientError: the store or the disk failed.
    """
    return run_once(job, ExtractResult, lambda space: _extract(job, space, progress))


def _extract(job: ExtractJob, space: Workspace, progress: Progress) -> ExtractResult:
    engine = engine_for(job.ocr)
    video = space.video()
    progress.report(Phase.PROBE, 0.0)
    with space.stage("probe"):
        facts = probe(video)
    frames = FullFrames(space, engine)
    layout = _search(job, video, facts, frames, progress)
    progress.report(Phase.LAYOUT, 1.0)
    with space.stage("store"):
        keys = (*frames.store(), *_store_databases(space, facts, layout, frames.read))
    region = None if layout.layout is None else layout.layout.crop_region
    lines, aspect = _caption_lines(layout, frames.read), facts.width / facts.height
    return ExtractResult(
        keys=keys,
        seconds=space.seconds,
        warnings=(*language_warnings(job.ocr, engine), *script_warnings(engine, lines, aspect)),
        frame_count=len(frames.read),
        ocr_box_count=sum(len(frame.boxes) for frame in frames.read),
        failed_ocr_count=frames.failed_count,
        probe=facts,
        crop_region=region,
    )


def _search(
    job: ExtractJob, video: Path, facts: VideoProbe, frames: FullFrames, progress: Progress
) -> LayoutAnalysis:
    """Read samples; more in between once if they leave doubts, on and on if no captions show."""
    times_s = wanted = sample_times(facts.duration_s, job.interval_s, job.max_frames)
    while True:
        samples = frames.space.timed(sample_frames(video, wanted), "sample")
        progress.report(Phase.READ, 0.0)
        with closing(work_ahead(samples, frames.add, reader_count(job.ocr))) as added:
            for done, _ in enumerate(frames.space.timed(added, "ocr"), 1):
                progress.report(Phase.READ, done / len(wanted))
        with frames.space.stage("layout"):
            found = analyze_layout(frames.read, facts.width, facts.height, job.crop_region)
        if found.layout is not None:
            if len(times_s) >= DOUBTFUL_FRAMES or not _leaves_doubts(found, frames.read):
                return found
            # Spread anew, not in between, since the first samples lie on keyframes.
            times_s = wanted = _spread(facts.duration_s, DOUBTFUL_FRAMES)
        else:
            wanted = _between(times_s)
            times_s = sorted((*times_s, *wanted))
        if job.max_frames is not None or not wanted or len(times_s) > MAX_SEARCH_FRAMES:
            return found


def _leaves_doubts(found: LayoutAnalysis, frames: Sequence[FrameOcr]) -> bool:
    """Whether captions were hardly seen, or other text among them may be a watermark."""
    if found.layout is None:
        return True
    region = found.layout.crop_region
    places = {
        (frame.frame_index, number): box
        for frame in frames
        for number, box in enumerate(frame.boxes)
    }
    inside = [
        box
        for box in found.boxes
        if region.top < places[box.frame_index, box.box_index].center_y < region.bottom
    ]
    captioned = {box.frame_index for box in inside if box.label == "in"}
    return len(captioned) < _MIN_CAPTIONED or any(box.label == "out" for box in inside)


def sample_times(duration_s: float, interval_s: float, max_frames: int | None) -> list[float]:
    """When to sample, in seconds: evenly, in the middle of each interval.

    Args:
        duration_s: Of the video.
        interval_s: Between samples; less in short videos, for about 8 of them, though never less
            than 0.4 s.
        max_frames: At most so many; no limit if unset.
    """
    dense = max(duration_s / MIN_FRAMES, _MIN_INTERVAL_S)
    count = max(math.ceil(duration_s / min(interval_s, dense)), 1)
    if max_frames is not None:
        count = min(count, max_frames)
    return _spread(duration_s, count)


def _spread(duration_s: float, count: int) -> list[float]:
    return [duration_s * (index + 0.5) / count for index in range(count)]


def _between(times_s: Sequence[float]) -> list[float]:
    """The middles between neighbouring times; none if these would be too close."""
    return [
        (first + second) / 2
        for first, second in pairwise(times_s)
        if second - first >= 2 * _MIN_SEARCH_INTERVAL_S
    ]


def _store_databases(
    space: Workspace, facts: VideoProbe, layout: LayoutAnalysis, frames: Sequence[FrameOcr]
) -> tuple[str, ...]:
    config = _config(facts, layout)
    boxes = _boxes(layout.boxes, frames)
    keys = space.keys
    return (
        space.put_database(
            keys.ocr_server_db, lambda path: write_ocr_server(path, frames, keys.full_frame)
        ),
        space.put_database(keys.layout_db, lambda path: write_layout(path, config, boxes)),
    )


def _config(facts: VideoProbe, analysis: LayoutAnalysis) -> LayoutConfig:
    layout = analysis.layout
    if layout is None:
        return LayoutConfig(facts.width, facts.height, crop_region=None)
    region = layout.crop_region
    return LayoutConfig(
        frame_width=facts.width,
        frame_height=facts.height,
        crop_region=region,
        anchor=layout.anchor,
        anchor_position=layout.anchor_position,
        vertical_center=(region.top + region.bottom) / 2,
    )


def _caption_lines(layout: LayoutAnalysis, frames: Sequence[FrameOcr]) -> list[OcrBox]:
    """The lines of captions; all lines where none were found, for these may be unreadable ones."""
    return [
        item.box
        for item in _boxes(layout.boxes, frames)
        if layout.layout is None or item.predicted_label is BoxLabel.IN
    ]


def _boxes(judged: Iterable[ClassifiedBox], frames: Sequence[FrameOcr]) -> list[LayoutBox]:
    by_index = {frame.frame_index: frame.boxes for frame in frames}
    return [
        LayoutBox(
            frame_index=one.frame_index,
            box_index=one.box_index,
            box=by_index[one.frame_index][one.box_index],
            predicted_label=BoxLabel(one.label),
            predicted_confidence=one.probability,
        )
        for one in judged
    ]
