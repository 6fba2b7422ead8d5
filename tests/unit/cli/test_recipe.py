"""The recipe: which jobs it asks for, and what it does when a process is lost."""

from pathlib import Path

import pytest

from captionacc.cli.recipe import ProcessRequest, process_video
from captionacc.compute.contracts import (
    CaptionText,
    CropInferJob,
    CropInferResult,
    ExtractJob,
    ExtractResult,
    MedianOcrResult,
    OcrOptions,
)
from captionacc.compute.progress import NULL_PROGRESS
from captionacc.errors import WorkerLostError
from captionacc.model.geometry import CropRegion
from captionacc.model.results import CaptionExtent, VideoProbe

PROBE = VideoProbe(640, 360, 10.0, 25.0, "h264", 1000, 0, has_vfr=False)
REGION = CropRegion(0.1, 0.8, 0.9, 0.95)
EXTENTS = (CaptionExtent(0, 5, 0.04, 0.52, 0.9), CaptionExtent(9, 12, 0.92, 1.2, 0.4))


class CannedBackend:
    """Answers each job type with a fixed result; loses its process as often as it is told."""

    def __init__(self, region=REGION, losses=0):
        self.jobs = []
        self._region = region
        self._losses = losses

    def submit(self, job):
        """Note the job."""
        self.jobs.append(job)
        return job.job_key

    def result(self, _call_id, _progress=None, _timeout_s=None):
        """Answer the last job."""
        if self._losses:
            self._losses -= 1
            raise WorkerLostError("The compute process was killed (SIGKILL).")
        common = {"keys": (), "seconds": {"stage": 1.0}}
        job = self.jobs[-1]
        if isinstance(job, ExtractJob):
            return ExtractResult(
                frame_count=8, ocr_box_count=3, failed_ocr_count=0, probe=PROBE,
                crop_region=self._region, **common,
            )  # fmt: skip
        if isinstance(job, CropInferJob):
            return CropInferResult(
                version=1, frame_count=100, captions=EXTENTS, label_counts={},
                warnings=("it ends early",), **common,
            )  # fmt: skip
        texts = {
            0: CaptionText(text="Hello", confidence=0.99, lines=(), frames_used=3),
            1: CaptionText(text=" ", confidence=0.0, lines=(), frames_used=1),
        }
        return MedianOcrResult(captions=texts, **common)

    def cancel(self, call_id):
        """Nothing is running."""


def request(**changes):
    """A request for a video that nobody opens."""
    return ProcessRequest(video=Path("film.mkv"), identity="abc", **changes)


def run(backend, tmp_path, **changes):
    """Process the request with a backend of fixed answers."""
    return process_video(request(**changes), tmp_path, backend, NULL_PROGRESS)


def test_captions_join_extents_and_texts(tmp_path):
    """Times come from the extents, text from the readings, and what is illegible is left out."""
    done = run(CannedBackend(), tmp_path)
    assert [(c.start_s, c.end_s, c.text) for c in done.captions] == [(0.04, 0.52, "Hello")]
    assert done.stages == {"stage": 3.0}
    assert done.warnings == ("it ends early",)


def test_video_without_captions_ends_after_the_search(tmp_path):
    """Where no captions are found, nothing is cropped or read."""
    backend = CannedBackend(region=None)
    done = run(backend, tmp_path)
    assert done.captions == ()
    assert done.crop_region is None
    assert len(backend.jobs) == 1


def test_region_given_by_hand_is_used(tmp_path):
    """The person's region goes before the one that was found."""
    given = CropRegion(0.0, 0.0, 1.0, 0.2)
    backend = CannedBackend()
    assert run(backend, tmp_path, crop_region=given).crop_region == given
    assert backend.jobs[1].crop_region == given


def test_lost_process_is_tried_once_more_and_told(tmp_path):
    """One lost process costs only time, and the person is told; a second one ends the work."""
    done = run(CannedBackend(losses=1), tmp_path)
    assert len(done.captions) == 1
    assert "SIGKILL" in done.warnings[0]
    with pytest.raises(WorkerLostError):
        run(CannedBackend(losses=2), tmp_path)


def keys_of(tmp_path, **changes):
    """The job keys and video id that a request leads to."""
    backend = CannedBackend()
    run(backend, tmp_path, **changes)
    return [job.job_key for job in backend.jobs], backend.jobs[0].video_id


def test_job_keys_depend_on_what_results_depend_on(tmp_path):
    """The same request has the same keys whatever the threads; another language has others."""
    plain = keys_of(tmp_path)
    assert keys_of(tmp_path, ocr=OcrOptions(threads=7)) == plain
    other_keys, other_video = keys_of(tmp_path, ocr=OcrOptions(language="zh"))
    assert not set(other_keys) & set(plain[0])
    assert other_video != plain[1]
