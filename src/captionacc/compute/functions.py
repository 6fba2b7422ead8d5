"""The three compute functions under one name, as a worker process runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captionacc.compute.contracts import CropInferJob, ExtractJob, MedianOcrJob
from captionacc.errors import InternalError

if TYPE_CHECKING:
    from captionacc.compute.contracts import Job, JobResult
    from captionacc.compute.progress import Progress


def run_job(job: Job, progress: Progress) -> JobResult:
    """Run the function that belongs to the type of ``job``.

    Raises:
        InternalError: no function belongs to it.
        CaptionAccError: what the function raises.
    """
    # Each function loads its own libraries, so that a worker starts fast.
    if isinstance(job, ExtractJob):
        from captionacc.compute.extract import extract_frames_and_ocr  # noqa: PLC0415

        return extract_frames_and_ocr(job, progress)
    if isinstance(job, CropInferJob):
        from captionacc.compute.crop_infer import crop_and_infer  # noqa: PLC0415

        return crop_and_infer(job, progress)
    if isinstance(job, MedianOcrJob):
        from captionacc.compute.median import median_ocr  # noqa: PLC0415

        return median_ocr(job, progress)
    raise InternalError(f"No compute function runs a {type(job).__name__}.")
