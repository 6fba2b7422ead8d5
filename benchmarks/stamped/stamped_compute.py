"""The compute functions, with a note of when each call began: ``$STAMPS/VIDEO_ID``.

While there is a file ``$STAMPS/hold`` they wait before they begin.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from captionacc.compute import functions
from captionacc.compute.progress import Phase

if TYPE_CHECKING:
    from captionacc.compute.contracts import Job, JobResult
    from captionacc.compute.progress import Progress

_LOOK_S = 0.05


def run_job(job: Job, progress: Progress) -> JobResult:
    """Note the time, then do the work."""
    stamps = Path(os.environ["STAMPS"])
    Path(stamps, job.video_id).write_text(repr(time.time()), encoding="utf-8")
    while (stamps / "hold").exists():
        progress.report(Phase.PROBE, 0.0)
        time.sleep(_LOOK_S)
    return functions.run_job(job, progress)
