"""What a worker process and its owner say to each other, pickled over a socket pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from captionacc.compute.contracts import Job, JobResult
    from captionacc.compute.progress import ProgressEvent
    from captionacc.errors import CaptionAccError

MEMORY_EXIT_CODE: Final = 77
"""Exit code of a worker that ended itself because it went over its memory limit."""


@dataclass(frozen=True, slots=True)
class Run:
    """Owner to worker: run this job."""

    job: Job


@dataclass(frozen=True, slots=True)
class Cancel:
    """Owner to worker: end the running job."""


@dataclass(frozen=True, slots=True)
class Reported:
    """Worker to owner: progress, and a sign of life."""

    event: ProgressEvent


@dataclass(frozen=True, slots=True)
class Done:
    """Worker to owner: the job's result."""

    result: JobResult


@dataclass(frozen=True, slots=True)
class Failed:
    """Worker to owner: the job raised."""

    error: CaptionAccError


Reply = Reported | Done | Failed
