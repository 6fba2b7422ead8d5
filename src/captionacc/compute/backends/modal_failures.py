"""What Modal's exceptions mean to the rest of us.

==========================  =========================  ==========================================
Modal                       ours                       because
==========================  =========================  ==========================================
AuthError, PermissionDenied MissingDependencyError     the token is missing, wrong or too weak
NotFoundError               MissingDependencyError     the app is not deployed in this environment
VersionError, ConflictError MissingDependencyError     the client or the app is too old
FunctionTimeoutError        UnsupportedVideoError      it would take as long again
InternalFailure             WorkerLostError            the container's machine was lost
OutputExpiredError          WorkerLostError            results are kept for a week
RemoteError                 WorkerLostError            ended from outside, or out of memory
ExecutionError, any other   InternalError              the deployed code does not start
connection, quota, service  ServiceUnavailableError    passes by itself
==========================  =========================  ==========================================
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from modal import exception as modal_error

from captionacc.errors import (
    CaptionAccError,
    InternalError,
    MissingDependencyError,
    ServiceUnavailableError,
    UnsupportedVideoError,
    WorkerLostError,
)

if TYPE_CHECKING:
    from collections.abc import Generator

DEPLOY: Final = "Run: .venv/bin/modal deploy deploy/modal_app.py"
SIGN_IN: Final = (
    "Run: .venv/bin/modal token new, and set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET for the worker."
)

# The first that fits counts.
_Meaning = tuple[tuple[type[Exception], ...], type[CaptionAccError], str, str]
_MEANINGS: Final[tuple[_Meaning, ...]] = (
    (
        (modal_error.AuthError, modal_error.PermissionDeniedError),
        MissingDependencyError,
        "Modal refuses the token: {told}.",
        SIGN_IN,
    ),
    (
        (modal_error.NotFoundError,),
        MissingDependencyError,
        "The Modal app {app} lacks what is asked: {told}.",
        DEPLOY,
    ),
    (
        (modal_error.VersionError, modal_error.ConflictError),
        MissingDependencyError,
        "Modal refuses this version: {told}.",
        f"Install the version in requirements/modal.txt. {DEPLOY}",
    ),
    (
        (modal_error.FunctionTimeoutError,),
        UnsupportedVideoError,
        "The computation was ended at its time limit: {told}.",
        "Try it again, or split the video.",
    ),
    (
        (modal_error.OutputExpiredError,),
        WorkerLostError,
        "The computation's result is no longer kept.",
        "Try it again.",
    ),
    (
        (modal_error.InternalFailure, modal_error.RemoteError),
        WorkerLostError,
        "The computation's container was lost: {told}.",
        "Try it again. Where memory ran out, compute/backends/gpu_functions.py gives more.",
    ),
    (
        (
            modal_error.ServiceError,
            modal_error.ConnectionError,
            modal_error.InternalError,
            modal_error.DataLossError,
            modal_error.ResourceExhaustedError,
            modal_error.ClientClosed,
            OSError,
        ),
        ServiceUnavailableError,
        "Modal does not answer: {told}.",
        "Try again.",
    ),
)


@contextmanager
def modal_failures(app: str) -> Generator[None]:
    """Turn what Modal raises into an error of ours; its builtin ``TimeoutError`` goes through.

    Args:
        app: The deployed app that is asked.

    Raises:
        MissingDependencyError: Modal, the token or the app is not set up.
        UnsupportedVideoError: the function ran into its time limit.
        WorkerLostError: the container or its result was lost.
        ServiceUnavailableError: Modal cannot be reached, or has too much to do.
        InternalError: the deployed code fails.
    """
    try:
        yield
    except (TimeoutError, CaptionAccError):
        raise
    except Exception as error:  # what a container raised may be of any type
        raise _translated(error, app) from error


def _translated(error: Exception, app: str) -> CaptionAccError:
    told = str(error).strip().rstrip(".") or type(error).__name__
    for kinds, ours, message, hint in _MEANINGS:
        if isinstance(error, kinds):
            return ours(message.format(app=app, told=told), hint)
    return InternalError(
        f"The Modal app {app} fails: {type(error).__name__}: {told}.",
        f"See: .venv/bin/modal app logs {app}",
    )
