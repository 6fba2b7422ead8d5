"""An S3 bucket together with the keys to it; unlike a location it never travels with a job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from captionacc.settings import require

if TYPE_CHECKING:
    from captionacc.storage.location import S3Bucket


@dataclass(frozen=True, slots=True)
class S3Access:
    """What is needed to sign requests to a bucket.

    Attributes:
        bucket: Name of the bucket.
        endpoint: URL of the object store; AWS's own for the region if unset.
        region: Region that requests are signed for.
        access_key_id: Key.
        secret_access_key: Its secret.
        session_token: Comes with temporary keys.
    """

    bucket: str
    endpoint: str | None
    region: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


def access_to(location: S3Bucket) -> S3Access:
    """The bucket with the keys that the settings of this process hold.

    Raises:
        MissingDependencyError: they hold none.
    """
    return S3Access(
        bucket=location.bucket,
        endpoint=location.endpoint,
        region=location.region,
        access_key_id=require("s3_access_key_id"),
        secret_access_key=require("s3_secret_access_key"),
    )
