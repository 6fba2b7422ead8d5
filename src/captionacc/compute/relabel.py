"""The captions' place anew, from boxes that a person has labelled."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Literal

from captionacc.compute.contracts import Job, RelabelJob, RelabelResult
from captionacc.errors import InternalError
from captionacc.layout.analysis import analyze_layout
from captionacc.model.results import FrameOcr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.compute.contracts import LabelledBox
    from captionacc.compute.progress import Progress
    from captionacc.layout.analysis import LayoutAnalysis
    from captionacc.layout.labelled import PersonsLabel


_NICENESS: Final = 10


def relabel(job: Job, progress: Progress) -> RelabelResult:  # noqa: ARG001  # it is over at once
    """Look at all boxes again.

    Raises:
        InternalError: the job is another one.
    """
    if not isinstance(job, RelabelJob):
        raise InternalError(f"A {type(job).__name__} is not to be relabelled.")
    # It follows what people do, and must not hold up what they do next.
    os.nice(max(_NICENESS - os.nice(0), 0))
    by_frame = _by_frame(job)
    frames = [_frame(job, index, boxes) for index, boxes in enumerate(by_frame)]
    labels: dict[tuple[int, int], PersonsLabel] = {
        (index, place): one.label
        for index, boxes in enumerate(by_frame)
        for place, one in enumerate(boxes)
        if one.label is not None
    }
    found = analyze_layout(frames, job.width, job.height, job.crop_region, labels)
    layout = found.layout
    return RelabelResult(
        keys=(),
        seconds={},
        crop_region=None if layout is None else layout.crop_region,
        anchor=None if layout is None else layout.anchor,
        anchor_position=None if layout is None else layout.anchor_position,
        boxes=_judged(job, by_frame, found),
    )


def _by_frame(job: RelabelJob) -> list[list[LabelledBox]]:
    """The boxes of every sampled frame, also of those without any."""
    last = max((one.frame_index for one in job.boxes), default=0)
    frames: list[list[LabelledBox]] = [[] for _ in range(max(job.frame_count, last + 1))]
    for one in sorted(job.boxes, key=lambda one: one.box_index):
        frames[one.frame_index].append(one)
    return frames


def _frame(job: RelabelJob, index: int, boxes: Sequence[LabelledBox]) -> FrameOcr:
    """Samples are spread evenly over the video, see :mod:`captionacc.compute.extract`."""
    pts_s = job.duration_s * (index + 0.5) / max(job.frame_count, 1)
    return FrameOcr(index, pts_s, tuple(one.box for one in boxes))


def _judged(
    job: RelabelJob, by_frame: Sequence[Sequence[LabelledBox]], found: LayoutAnalysis
) -> tuple[tuple[Literal["in", "out"], float], ...]:
    verdicts = {
        (one.frame_index, by_frame[one.frame_index][one.box_index].box_index): one
        for one in found.boxes
    }
    wanted = (verdicts[one.frame_index, one.box_index] for one in job.boxes)
    return tuple((one.label, one.probability) for one in wanted)
