"""``crop_and_infer``: one pass over the video stores the caption band and finds the boundaries."""

from __future__ import annotations

import sys
import time
from array import array
from collections import Counter
from typing import TYPE_CHECKING, Final

from captionacc.boundaries.finder import MODEL_VERSION
from captionacc.compute.boundary_search import boundary_model
from captionacc.compute.contracts import CropInferResult
from captionacc.compute.crop_frames import SAMPLE_HZ, CropFrameWriter, CropManifest
from captionacc.compute.progress import NULL_PROGRESS, Phase
from captionacc.compute.read_ahead import read_ahead
from captionacc.compute.workspace import run_once
from captionacc.databases.inference_results import InferenceRun, write_inference_results
from captionacc.databases.schema import now
from captionacc.media.band import read_band
from captionacc.media.planes import shrink_i420
from captionacc.media.probe import probe
from captionacc.model.results import PairLabel

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from captionacc.boundaries.finder import Boundaries, BoundaryModel, Look
    from captionacc.compute.contracts import CropInferJob
    from captionacc.compute.progress import Progress
    from captionacc.compute.workspace import Workspace
    from captionacc.media.band import BandReader
    from captionacc.model.geometry import PixelRect

MAX_CROP_WIDTH_PX: Final = 1280
"""Crop frames of wider videos are scaled down to this. The recogniser scales lines to 48 pixels,
which is what they have at this width; more costs time and disk for nothing."""

_SPEED_AFTER_S: Final = 1.0
_AHEAD_BYTES: Final = 64 << 20
_MIN_AHEAD: Final = 8
_MAX_AHEAD: Final = 96
"""Frames that the decoder may be ahead of the search, which stops at times to read."""

_Prepared = tuple["Look", "NDArray[np.uint8] | None"]


def crop_and_infer(job: CropInferJob, progress: Progress = NULL_PROGRESS) -> CropInferResult:
    """Store the crop frames of version ``job.version`` and find every caption's extent.

    Raises:
        BadInputError: the video cannot be read.
        TransientError: the store or the disk failed.
    """
    return run_once(job, CropInferResult, lambda space: _crop_and_infer(job, space, progress))


def _crop_and_infer(job: CropInferJob, space: Workspace, progress: Progress) -> CropInferResult:
    started_at = now()
    progress.report(Phase.BOUNDARIES, 0.0)
    video = space.video()
    with space.stage("prepare"):
        facts = probe(video)
        band = read_band(video, job.crop_region, SAMPLE_HZ)
        model = boundary_model(job, space, facts)
        ahead = _frames_ahead(job.crop_region.to_pixels(facts.width, facts.height))
    speed = _SpeedReport(facts.duration_s, progress)
    with read_ahead(_prepared(band, model), ahead) as frames:
        crop = _pass_over(frames, model, job, space, speed)
    with space.stage("boundaries"):
        found = model.finish(band.end_s)
    progress.report(Phase.STORE, 0.0)
    run = InferenceRun(job.job_key, MODEL_VERSION, job.version, started_at, now())
    with space.stage("store"):
        keys = (
            crop.folder,
            crop.store_manifest(),
            crop.store_native_pts(band.end_s),
            _store_results(space, run, found),
        )
    return CropInferResult(
        keys=keys,
        seconds=space.seconds,
        warnings=_warnings(band),
        version=job.version,
        frame_count=len(crop.pts_s),
        captions=found.extents,
        label_counts=_count_labels(found),
    )


def _pass_over(
    frames: Iterator[_Prepared],
    model: BoundaryModel,
    job: CropInferJob,
    space: Workspace,
    speed: _SpeedReport,
) -> _CropFrames:
    """Read the video once: crop frames go to the encoder's thread, all frames to the search."""
    crop = _CropFrames(job, space)
    with CropFrameWriter(space.store, space.keys, job.version) as writer:
        for look, i420 in space.timed(frames, "wait for decoder"):
            with space.stage("wait for encoder"):
                crop.take(look, i420, writer)
            with space.stage("boundaries"):
                model.feed(look)
            speed.report(look.pts_s)
        with space.stage("wait for encoder"):
            writer.finish()
    return crop


def _frames_ahead(band: PixelRect) -> int:
    return min(max(_AHEAD_BYTES // (band.width * band.height), _MIN_AHEAD), _MAX_AHEAD)


def _prepared(band: BandReader, model: BoundaryModel) -> Iterator[_Prepared]:
    """What the search needs of each frame, and the crop frame if it is one."""
    for frame in band:
        i420 = frame.i420
        yield model.look(frame), None if i420 is None else shrink_i420(i420, MAX_CROP_WIDTH_PX)


class _CropFrames:
    """What the manifest says about the crop frames, gathered while they are written."""

    def __init__(self, job: CropInferJob, space: Workspace) -> None:
        self._job = job
        self._space = space
        self._size = (0, 0)
        self.pts_s: list[float] = []
        self._native_pts_s = array("d")

    @property
    def folder(self) -> str:
        """Key prefix of the version."""
        return f"{self._space.keys.crop_frames_prefix(self._job.version)}/"

    def take(self, look: Look, i420: NDArray[np.uint8] | None, writer: CropFrameWriter) -> None:
        """Note the frame's time, and write it for each 10 Hz index that shows it."""
        self._native_pts_s.append(look.pts_s)
        if i420 is None:
            return
        self._size = (i420.shape[1], i420.shape[0] * 2 // 3)
        for index in look.samples:
            writer.add(index, i420)
            self.pts_s.append(look.pts_s)

    def store_manifest(self) -> str:
        """Write ``manifest.json``; returns its key."""
        key = self._space.keys.crop_manifest(self._job.version)
        manifest = CropManifest(
            version=self._job.version,
            crop_region=self._job.crop_region.as_tuple(),
            sample_hz=SAMPLE_HZ,
            frame_count=len(self.pts_s),
            width=self._size[0],
            height=self._size[1],
            pts_s=tuple(self.pts_s),
        )
        self._space.store.put(key, manifest.model_dump_json().encode())
        return key

    def store_native_pts(self, end_s: float) -> str:
        """Write the times of all native frames, and when the last one goes; returns the key.

        Boundaries are those of native frames, so whoever moves one has to know them.
        """
        key = self._space.keys.native_pts(self._job.version)
        self._native_pts_s.append(end_s)
        if sys.byteorder == "big":
            self._native_pts_s.byteswap()
        self._space.store.put(key, self._native_pts_s.tobytes())
        return key


class _SpeedReport:
    """Turns presentation times into fraction and speed."""

    def __init__(self, duration_s: float, progress: Progress) -> None:
        self._duration_s = max(duration_s, 1e-3)
        self._progress = progress
        self._started = time.monotonic()

    def report(self, pts_s: float) -> None:
        """Say that the video has been read up to ``pts_s``."""
        spent_s = time.monotonic() - self._started
        speed = pts_s / spent_s if spent_s > _SPEED_AFTER_S else None
        self._progress.report(Phase.BOUNDARIES, min(pts_s / self._duration_s, 1.0), speed)


def _store_results(space: Workspace, run: InferenceRun, found: Boundaries) -> str:
    key = space.keys.inference_results_db(run.crop_frames_version)
    return space.put_database(
        key, lambda path: write_inference_results(path, run, found.pairs(), found.extents)
    )


def _count_labels(found: Boundaries) -> dict[PairLabel, int]:
    counts = Counter(pair.predicted_label for pair in found.pairs())
    return {label: counts[label] for label in PairLabel}


def _warnings(band: BandReader) -> tuple[str, ...]:
    said: list[str] = []
    if band.truncated:
        said.append(
            f"The video ends after {band.end_s:.1f} s, earlier than its header says; what is"
            " there was processed."
        )
    if band.decode_errors:
        said.append(f"{band.decode_errors} damaged packets of the video were skipped.")
    return tuple(said)
