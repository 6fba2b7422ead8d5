"""What the one who asks and a container in the cloud say to each other, as JSON.

Text, not pickles: the two may have been installed at different times, and find that out here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

import captionacc
from captionacc.compute.backends.gpu_functions import function_named, function_of
from captionacc.compute.contracts import (
    CropInferResult,
    ExtractResult,
    JobResult,
    MedianOcrResult,
)
from captionacc.compute.progress import Phase  # noqa: TC001  # pydantic reads annotations at run time
from captionacc.errors import CaptionAccError, InternalError, MissingDependencyError, error_class

if TYPE_CHECKING:
    from captionacc.compute.contracts import Job

_RESULTS = {
    "extract_frames_and_ocr": ExtractResult,
    "crop_and_infer": CropInferResult,
    "median_ocr": MedianOcrResult,
}


class Request(BaseModel, frozen=True):
    """Run this job; ``version`` is that of the program that asks."""

    version: str
    function: str
    job: dict[str, Any]


class RemoteError(BaseModel, frozen=True):
    """One of our errors."""

    code: str
    message: str
    hint: str


class Reply(BaseModel, frozen=True):
    """What became of the job, and the container's seconds, earlier attempts included."""

    function: str
    seconds: float
    result: dict[str, Any] | None = None
    error: RemoteError | None = None


class CallNote(BaseModel, frozen=True):
    """How far a call is; written by its container while it runs.

    Attributes:
        function: Name of the function.
        starts: How often a container has begun it: more than once after a preemption or a crash.
        seconds: What all containers together have spent on it.
        phase: What is being done.
        fraction: How much of that is done, 0-1.
        speed: As a multiple of real time, if known.
    """

    function: str
    starts: int = 1
    seconds: float = 0.0
    phase: Phase | None = None
    fraction: float = 0.0
    speed: float | None = None


def request_for(job: Job) -> str:
    """The text that asks for ``job``."""
    return Request(
        version=captionacc.__version__,
        function=function_of(job).name,
        job=job.model_dump(mode="json"),
    ).model_dump_json()


def read_request(text: str) -> tuple[str, Job]:
    """The function's name and the job.

    Raises:
        MissingDependencyError: it was written by another version.
    """
    try:
        request = Request.model_validate_json(text)
        function = function_named(request.function)
        if function is None or request.version != captionacc.__version__:
            raise _other_version(request.version)
        return function.name, function.job_type.model_validate(request.job)
    except ValidationError:
        raise _other_version("another") from None


def read_reply(text: object) -> Reply:
    """The reply.

    Raises:
        MissingDependencyError: it was written by another version.
    """
    try:
        return Reply.model_validate_json(str(text))
    except ValidationError:
        raise _other_version("another") from None


def outcome_of(reply: Reply) -> JobResult:
    """The job's result.

    Raises:
        CaptionAccError: what the job raised.
    """
    if reply.error is not None:
        kind = error_class(reply.error.code, InternalError)
        raise kind(reply.error.message, reply.error.hint)
    try:
        return _RESULTS[reply.function].model_validate(reply.result)
    except (KeyError, ValidationError):
        raise _other_version("another") from None


def describe_error(error: CaptionAccError) -> RemoteError:
    """``error`` as it travels."""
    return RemoteError(code=error.code, message=error.message, hint=error.hint)


def _other_version(version: str) -> MissingDependencyError:
    return MissingDependencyError(
        f"The GPU functions and the worker are of different versions ({captionacc.__version__}"
        f" and {version}).",
        "Run: .venv/bin/modal deploy deploy/modal_app.py",
    )
