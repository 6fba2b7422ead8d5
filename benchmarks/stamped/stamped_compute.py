"""The compute functions, with a note of when each call began: ``$STAMPS/VIDEO_ID``."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from captionacc.compute import functions

if TYPE_CHECKING:
    from captionacc.compute.contracts import Job, JobResult
    from captionacc.compute.progress import Progress


def run_job(job: Job, progress: Progress) -> JobResult:
    """Note the time, then do the work."""
    Path(os.environ["STAMPS"], job.video_id).write_text(repr(time.time()), encoding="utf-8")
    return functions.run_job(job, progress)
