"""Compute functions without any work in them, in as many phases as the real ones.

Each phase takes some tens of milliseconds, or as many seconds as ``$SOAK/slow`` says, and leaves
objects in the store. ``$SOAK/notes`` gets a line ``WORD KEY VIDEO PID TIME`` when a call begins to
work, with each phase, and when its result is in the store; the time is the monotonic clock's.
"""

from __future__ import annotations

import os
import random
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from captionacc.compute.contracts import (
    CaptionText,
    CropInferResult,
    ExtractResult,
    MedianOcrResult,
)
from captionacc.compute.progress import Phase
from captionacc.compute.workspace import Workspace, run_once
from captionacc.databases.inference_results import InferenceRun, write_inference_results
from captionacc.databases.layout import LayoutConfig, write_layout
from captionacc.model.geometry import CropRegion
from captionacc.model.results import CaptionExtent, VideoProbe

if TYPE_CHECKING:
    from collections.abc import Callable

    from captionacc.compute.contracts import CropInferJob, ExtractJob, Job, JobResult, MedianOcrJob
    from captionacc.compute.progress import Progress

FOLDER = Path(os.environ["SOAK"])
PROBE = VideoProbe(640, 360, 600.0, 25.0, "h264", 1000, 0, has_vfr=False)
REGION = CropRegion(0.1, 0.8, 0.9, 0.95)
STEPS = 3
"""Reports of each phase."""

_Job = TypeVar("_Job", bound="Job")
_Result = TypeVar("_Result", bound="JobResult")


def run_job(job: Job, progress: Progress) -> JobResult:
    """What the name of the job's stage asks for."""
    stages: dict[str, Callable[[Job, Progress], JobResult]] = {
        "extract": partial(_call, ExtractResult, _extract),
        "infer": partial(_call, CropInferResult, _infer),
        "read": partial(_call, MedianOcrResult, _read),
    }
    return stages[job.job_key.partition("-")[0]](job, progress)


class _Notes:
    """What this call has to say of itself."""

    def __init__(self, job: Job, progress: Progress) -> None:
        self._job = job
        self._progress = progress

    def write(self, word: str) -> None:
        """One line; written at once, so that those of several processes do not mix."""
        line = f"{word} {self._job.job_key} {self._job.video_id} {os.getpid()} {time.monotonic()}\n"
        number = os.open(FOLDER / "notes", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(number, line.encode())
        os.close(number)

    def phase(self, phase: Phase) -> None:
        """Spend some time in it."""
        self.write(phase.name.lower())
        slow = FOLDER / "slow"
        seconds = float(slow.read_text()) if slow.exists() else random.uniform(0.03, 0.15)  # noqa: S311
        for step in range(STEPS):
            self._progress.report(phase, step / STEPS)
            time.sleep(seconds / STEPS)


def _call(
    result_type: type[_Result],
    work: Callable[[_Job, Workspace, _Notes], _Result],
    job: _Job,
    progress: Progress,
) -> _Result:
    notes = _Notes(job, progress)

    def compute(workspace: Workspace) -> _Result:
        notes.write("begin")
        return work(job, workspace, notes)

    result = run_once(job, result_type, compute)
    notes.write("stored")
    return result


def _extract(_job: ExtractJob, workspace: Workspace, notes: _Notes) -> ExtractResult:
    notes.phase(Phase.PROBE)
    keys = [workspace.keys.full_frame(number) for number in range(3)]
    notes.phase(Phase.SAMPLE)
    for key in keys:
        workspace.store.put(key, b"a frame")
    notes.phase(Phase.READ)
    notes.phase(Phase.LAYOUT)
    config = LayoutConfig(640, 360, REGION)
    keys.append(
        workspace.put_database(
            workspace.keys.layout_db, lambda path: write_layout(path, config, ())
        )
    )
    notes.phase(Phase.STORE)
    return ExtractResult(
        keys=tuple(keys), seconds={}, frame_count=3, ocr_box_count=3, failed_ocr_count=0,
        probe=PROBE, crop_region=REGION,
    )  # fmt: skip


def _infer(job: CropInferJob, workspace: Workspace, notes: _Notes) -> CropInferResult:
    """As many captions as the crop region's left edge has percent; the driver chooses so."""
    count = round(job.crop_region.left * 100)
    extents = tuple(CaptionExtent(n * 10, n * 10 + 8, n, n + 0.8, 0.9) for n in range(count))
    store, keys = workspace.store, [workspace.keys.crop_chunk(job.version, 16, 0)]
    notes.phase(Phase.SAMPLE)
    store.put(keys[0], b"a chunk")
    notes.phase(Phase.BOUNDARIES)
    run = InferenceRun(job.job_key, "canned", job.version, "", "")
    keys.append(
        workspace.put_database(
            workspace.keys.inference_results_db(job.version),
            lambda path: write_inference_results(path, run, (), extents),
        )
    )
    notes.phase(Phase.STORE)
    keys.append(workspace.keys.crop_manifest(job.version))
    store.put(keys[-1], b"{}")
    return CropInferResult(
        keys=tuple(keys), seconds={}, version=job.version, frame_count=10 * count,
        captions=extents, label_counts={},
    )  # fmt: skip


def _read(job: MedianOcrJob, _workspace: Workspace, notes: _Notes) -> MedianOcrResult:
    notes.phase(Phase.READ)
    notes.phase(Phase.TEXT)
    texts = {
        caption_id: CaptionText(
            text=f"at {extent.start_pts_s:g} s", confidence=0.9, lines=(), frames_used=3
        )
        for caption_id, extent in job.captions.items()
    }
    return MedianOcrResult(keys=(), seconds={}, captions=texts)
