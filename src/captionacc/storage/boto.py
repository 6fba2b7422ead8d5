"""boto3, for the little that obstore has no call for; imported when it is first needed."""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from captionacc.storage.s3_failures import s3_error

if TYPE_CHECKING:
    from collections.abc import Generator

    from captionacc.storage.access import S3Access


@lru_cache(maxsize=8)
def s3_client(access: S3Access) -> Any:  # noqa: ANN401 -- boto3 makes its clients' classes at run time
    """A client of the bucket's server, safe for threads."""
    return _client("s3", access, access.endpoint)


@lru_cache(maxsize=8)
def sts_client(access: S3Access, endpoint: str | None) -> Any:  # noqa: ANN401 -- as above
    """A client of the token service at ``endpoint``, AWS's own if unset; safe for threads."""
    return _client("sts", access, endpoint)


def _client(service: str, access: S3Access, endpoint: str | None) -> Any:  # noqa: ANN401 -- as above
    from boto3.session import Session  # noqa: PLC0415 -- takes half a second
    from botocore.config import Config  # noqa: PLC0415 -- as above

    session: Any = Session(
        access.access_key_id,
        access.secret_access_key,
        access.session_token,
        region_name=access.region,
    )
    return session.client(
        service,
        endpoint_url=endpoint,
        config=Config(
            signature_version="s3v4" if service == "s3" else "v4",
            s3={"addressing_style": "path"},
            # Wasabi and SeaweedFS do not know the checksums that boto3 would add.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"mode": "standard", "total_max_attempts": 4},
            connect_timeout=5,
            read_timeout=60,
        ),
    )


@contextmanager
def boto_failures(access: S3Access, doing: str, key: str = "") -> Generator[None]:
    """Translate what boto3 raises while ``doing`` something with the object ``key``.

    Raises:
        ConflictError: parts of an upload are missing or too small.
        NotFoundError: there is no such upload.
        ObjectNotFoundError: there is no such object.
        StoreError: the bucket is missing, the keys are refused, or the store does not answer.
    """
    from botocore.exceptions import (  # noqa: PLC0415 -- takes half a second
        BotoCoreError,
        ClientError,
    )

    try:
        yield
    except ClientError as error:
        raise s3_error(access, doing, key, error_code(error), _reason(error)) from error
    except BotoCoreError as error:
        raise s3_error(access, doing, key, "", str(error)) from error


def error_code(error: Any) -> str:  # noqa: ANN401 -- botocore's ClientError, not imported here
    """S3's name for what went wrong."""
    return str(error.response["Error"].get("Code", ""))


def _reason(error: Any) -> str:  # noqa: ANN401 -- as above
    return str(error.response["Error"].get("Message") or error_code(error))
