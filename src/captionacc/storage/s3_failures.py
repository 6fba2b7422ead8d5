"""From what obstore and boto3 raise about an S3 bucket to our own errors."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from captionacc.errors import (
    CaptionAccError,
    ConflictError,
    NotFoundError,
    ObjectNotFoundError,
    StoreError,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from captionacc.storage.access import S3Access

_CODE: Final = re.compile(r"<Code>(\w+)</Code>")

_REFUSED: Final = {
    "403",
    "AccessDenied",
    "ExpiredToken",
    "Forbidden",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
}
_CONFLICTS: Final = {
    "EntityTooSmall",
    "InvalidPart",
    "InvalidPartOrder",
    "PreconditionFailed",
}


@contextmanager
def s3_failures(access: S3Access, doing: str, key: str = "") -> Generator[None]:
    """Translate what obstore raises while ``doing`` something with the object ``key``.

    Raises:
        ConflictError: the object is not the one that the write was meant to replace.
        ObjectNotFoundError: there is no such object.
        StoreError: the bucket is missing, the keys are refused, or the store does not answer.
    """
    try:
        yield
    except CaptionAccError:
        raise
    except (AlreadyExistsError, PreconditionError) as error:
        raise ConflictError(
            f"The object {key!r} was changed by somebody else.", "Read it again first."
        ) from error
    except (OSError, BaseError, ValueError) as error:
        raise s3_error(access, doing, key, _code(error), _reason(error)) from error


def s3_error(access: S3Access, doing: str, key: str, code: str, reason: str) -> CaptionAccError:
    """The error of our tree for S3's error ``code``."""
    reason = reason.strip().rstrip(".")
    if code in {"NoSuchKey", "404"}:
        return ObjectNotFoundError(f"The store holds no object {key!r}.")
    if code == "NoSuchUpload":
        return NotFoundError("The object store knows no such upload.", "Begin the upload again.")
    if code in _CONFLICTS:
        return ConflictError(f"{doing} failed: {reason}.", "Send the missing parts again.")
    server = access.endpoint or "AWS"
    if code == "NoSuchBucket":
        return StoreError(
            f"{doing} failed: there is no bucket {access.bucket!r} at {server}.",
            "`captionacc up` makes it for its own store; else make it, or correct "
            "CAPTIONACC_S3_BUCKET.",
        )
    if code in _REFUSED:
        return StoreError(
            f"{doing} was refused by {server}, bucket {access.bucket}: {reason}.",
            "Check CAPTIONACC_S3_ACCESS_KEY_ID, CAPTIONACC_S3_SECRET_ACCESS_KEY and what they "
            "may do in the bucket.",
        )
    return StoreError(
        f"{doing} failed at {server}, bucket {access.bucket}: {reason}.",
        "Check that the object store answers, and try again.",
    )


def _code(error: Exception) -> str:
    found = _CODE.search(str(error))
    if found is not None:
        return found[1]
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return "403"
    return "404" if isinstance(error, FileNotFoundError) else ""


def _reason(error: Exception) -> str:
    """The store's own words, without the request that obstore puts before them."""
    first_line, _, rest = str(error).partition("\n")
    message = re.search(r"<Message>([^<]*)</Message>", rest)
    return message[1] if message else first_line.rpartition(" - ")[2]
