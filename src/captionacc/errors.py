"""The exception tree. Each class is one cause; its message says what to do next.

::

    CaptionAccError                     exit 1
    ├── UsageError                      exit 2   an option or argument that cannot work
    │   ├── OutputNotWritableError      exit 2   the place for the results refuses them
    │   ├── NotFoundError               exit 2   no such video, run or upload, or not yours
    │   ├── ConflictError               exit 2   the thing is not in a state that allows it
    │   │   └── LeasedError             exit 2   somebody else holds the lease
    │   ├── UnauthenticatedError        exit 2   no valid token
    │   └── ForbiddenError              exit 2   a valid token that does not allow it
    ├── BadInputError                   exit 3   never retried; the person is told
    │   ├── VideoNotFoundError                   no such file, or it vanished half-way
    │   ├── NotAVideoError                       the bytes are no readable video
    │   ├── NoVideoStreamError                   audio or subtitles only
    │   ├── NoFramesError                        a video stream without one decodable frame
    │   ├── UnsupportedVideoError                readable, but beyond our limits
    │   └── UnreadableDatabaseError              a per-video database is damaged or too new
    ├── MissingDependencyError          exit 5   a library, model or service is missing
    ├── TransientError                  exit 1   worth a retry without any change
    │   ├── StoreError                           the object store failed
    │   │   └── ObjectNotFoundError              it holds no such object
    │   ├── CatalogError                         Postgres failed or cannot be reached
    │   ├── ServiceUnavailableError              another of our services failed or is not ready
    │   ├── StaleRunError                        the run was given to somebody else meanwhile
    │   ├── WorkerLostError                      a compute process died or hung
    │   └── DiskFullError                        no space left; retry once there is
    ├── CancelledError                  exit 130 the person ended it; partial work is kept
    └── InternalError                   exit 1   a bug of ours
"""

from __future__ import annotations

from typing import ClassVar


class CaptionAccError(Exception):
    """Root of all errors raised on purpose.

    Attributes:
        code: Stable machine-readable name, recorded with failed runs.
        exit_code: Process exit code of the command line.
        hint: What the person can do next, one sentence; may be empty.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(CaptionAccError):
    """An option or argument that cannot work."""

    code = "usage"
    exit_code = 2


class OutputNotWritableError(UsageError):
    """The place for the results refuses them."""

    code = "output_not_writable"


class NotFoundError(UsageError):
    """No such video, run or upload, or it belongs to somebody else."""

    code = "not_found"


class ConflictError(UsageError):
    """The thing is not in a state that allows the action."""

    code = "conflict"


class LeasedError(ConflictError):
    """Somebody else holds the lease; the message names the holder."""

    code = "leased"


class UnauthenticatedError(UsageError):
    """The request carries no valid token."""

    code = "unauthenticated"


class ForbiddenError(UsageError):
    """The token is valid but does not allow this."""

    code = "forbidden"


class BadInputError(CaptionAccError):
    """The input cannot be processed, now or later."""

    code = "bad_input"
    exit_code = 3


class VideoNotFoundError(BadInputError):
    """No such file, or it vanished while it was read."""

    code = "video_not_found"


class NotAVideoError(BadInputError):
    """The bytes are no readable video."""

    code = "not_a_video"


class NoVideoStreamError(BadInputError):
    """The container holds no video stream (audio or subtitles only)."""

    code = "no_video_stream"


class NoFramesError(BadInputError):
    """The video stream holds not one decodable frame."""

    code = "no_frames"


class UnsupportedVideoError(BadInputError):
    """The video is readable but beyond our limits."""

    code = "unsupported_video"


class UnreadableDatabaseError(BadInputError):
    """A per-video database file is damaged, of another kind, or of a newer version than ours."""

    code = "unreadable_database"


class MissingDependencyError(CaptionAccError):
    """A library, model or service is missing; the hint holds the command that installs it."""

    code = "missing_dependency"
    exit_code = 5


class TransientError(CaptionAccError):
    """A failure worth a retry without any change."""

    code = "transient"


class StoreError(TransientError):
    """The object store failed."""

    code = "store"


class ObjectNotFoundError(StoreError):
    """The object store holds no such object."""

    code = "object_not_found"


class CatalogError(TransientError):
    """Postgres failed or cannot be reached."""

    code = "catalog"


class ServiceUnavailableError(TransientError):
    """Another of our services failed or is not ready."""

    code = "service_unavailable"


class StaleRunError(TransientError):
    """The run was given to another worker meanwhile: what this one does is void."""

    code = "stale_run"


class WorkerLostError(TransientError):
    """A compute process died or hung."""

    code = "worker_lost"


class DiskFullError(TransientError):
    """No space is left on the device; a retry works once there is."""

    code = "disk_full"


class CancelledError(CaptionAccError):
    """The person ended the work; what is done is kept, and a later run resumes it."""

    code = "cancelled"
    exit_code = 130


class InternalError(CaptionAccError):
    """A bug of ours; the log holds the traceback."""

    code = "internal"


def error_class(
    code: str, fallback: type[CaptionAccError] = CaptionAccError
) -> type[CaptionAccError]:
    """The class whose ``code`` this is: an error that came over the wire is itself again."""
    pending: list[type[CaptionAccError]] = [CaptionAccError]
    while pending:
        candidate = pending.pop()
        if candidate.code == code:
            return candidate
        pending += candidate.__subclasses__()
    return fallback
