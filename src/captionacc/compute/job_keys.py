"""Job keys that follow from what a job asks for: asked again, it finds its earlier result."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

import captionacc

if TYPE_CHECKING:
    from captionacc.compute.contracts import Job

_Job = TypeVar("_Job", bound="Job")


def with_full_key(job: _Job) -> _Job:
    """``job`` with its key, the stage's name, made complete.

    A digest of the program's version and of all that the result depends on is added. Where the
    store is and how many cores are used make no difference to a result.
    """
    parameters = job.model_dump_json(exclude={"store": True, "ocr": {"threads"}})
    facts = f"{captionacc.__version__}\0{parameters}"
    digest = hashlib.sha256(facts.encode()).hexdigest()[:16]
    return job.model_copy(update={"job_key": f"{job.job_key}-{digest}"})
