"""Making the bucket and how it treats browsers and forgotten uploads."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from captionacc.storage.boto import boto_failures, error_code, s3_client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.storage.access import S3Access

_FORGOTTEN_AFTER_DAYS: Final = 7
_DEFAULT_REGION: Final = "us-east-1"  # the one that S3 does not let one name
_OURS_ALREADY: Final = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}

_log = logging.getLogger(__name__)


def ensure_bucket(access: S3Access, allowed_origins: Sequence[str] = ("*",)) -> None:
    """Make the bucket unless it exists, and set it up for us; safe to repeat. Blocks.

    Browsers on pages of ``allowed_origins`` may send parts and read ranges: a URL or key is
    needed all the same. Uploads that nobody completes are dropped after a week, where the store
    can do that.

    Raises:
        StoreError: the store refuses or does not answer, or the bucket is somebody else's.
    """
    client = s3_client(access)
    with boto_failures(access, f"Making the bucket {access.bucket!r}"):
        _create(client, access)
        client.head_bucket(Bucket=access.bucket)
        client.put_bucket_cors(Bucket=access.bucket, CORSConfiguration=_cors(allowed_origins))
    _drop_forgotten_uploads(client, access.bucket)


def _create(client: Any, access: S3Access) -> None:  # noqa: ANN401 -- boto3's client
    place = {"CreateBucketConfiguration": {"LocationConstraint": access.region}}
    try:
        client.create_bucket(
            Bucket=access.bucket, **({} if access.region == _DEFAULT_REGION else place)
        )
    except client.exceptions.ClientError as error:
        if error_code(error) not in _OURS_ALREADY:
            raise


def _cors(allowed_origins: Sequence[str]) -> dict[str, object]:
    rule = {
        "AllowedOrigins": list(allowed_origins),
        "AllowedMethods": ["GET", "HEAD", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag", "Content-Range", "Content-Length"],
        "MaxAgeSeconds": 3600,
    }
    return {"CORSRules": [rule]}


def _drop_forgotten_uploads(client: Any, bucket: str) -> None:  # noqa: ANN401 -- as above
    rule = {
        "ID": "forgotten-uploads",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _FORGOTTEN_AFTER_DAYS},
    }
    try:
        client.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": [rule]}
        )
    except client.exceptions.ClientError as error:
        _log.info("The store drops no forgotten uploads by itself: %s", error_code(error))
