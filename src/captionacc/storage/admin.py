"""Making the bucket, and setting it up as ``deploy/s3/`` has it. Blocks."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from captionacc.storage.boto import boto_failures, error_code, s3_client
from captionacc.storage.bucket_items import BUCKET_ITEMS, CORS, LIFECYCLE, applies, wanted

if TYPE_CHECKING:
    from captionacc.storage.access import S3Access

_DEFAULT_REGION: Final = "us-east-1"  # the one that S3 does not let one name
_OURS_ALREADY: Final = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}

_log = logging.getLogger(__name__)


def ensure_bucket(access: S3Access, origin: str = "*") -> None:
    """Make the bucket unless it exists, and let browsers use it; safe to repeat.

    Browsers on pages of ``origin`` may send parts and read ranges: a URL or key is needed all the
    same. Uploads that nobody completes are dropped after a week, where the store can do that.
    Nothing is set that keeps old versions of objects, as this is for a machine of one's own.

    Raises:
        StoreError: the store refuses or does not answer, or the bucket is somebody else's.
    """
    client = s3_client(access)
    with boto_failures(access, f"Making the bucket {access.bucket!r}"):
        _create(client, access)
        client.head_bucket(Bucket=access.bucket)
        CORS.put(client, access.bucket, wanted(CORS, access, origin))
    try:
        LIFECYCLE.put(client, access.bucket, wanted(LIFECYCLE, access, origin))
    except client.exceptions.ClientError as error:
        _log.info("The store drops no forgotten uploads by itself: %s", error_code(error))


def set_up_bucket(access: S3Access, origin: str) -> tuple[str, ...]:
    """Make the bucket unless it exists, and set all that production wants; safe to repeat.

    Args:
        access: The bucket, with a key that may administer it.
        origin: Where the page is served that sends parts and reads ranges.

    Returns:
        Names of the items that were set.

    Raises:
        StoreError: the store refuses or does not answer.
    """
    client = s3_client(access)
    items = [item for item in BUCKET_ITEMS if applies(item, access)]
    with boto_failures(access, f"Setting the bucket {access.bucket!r} up"):
        _create(client, access)
        for item in items:
            item.put(client, access.bucket, wanted(item, access, origin))
    return tuple(item.name for item in items)


def _create(client: Any, access: S3Access) -> None:  # noqa: ANN401 -- boto3's client
    place = {"CreateBucketConfiguration": {"LocationConstraint": access.region}}
    try:
        client.create_bucket(
            Bucket=access.bucket, **({} if access.region == _DEFAULT_REGION else place)
        )
    except client.exceptions.ClientError as error:
        if error_code(error) not in _OURS_ALREADY:
            raise
