"""URLs by which somebody without keys may read or write one object for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import obstore

from captionacc.storage.boto import boto_failures, s3_client
from captionacc.storage.keys import check_key
from captionacc.storage.s3 import open_bucket

if TYPE_CHECKING:
    from captionacc.storage.access import S3Access


class Signer:
    """Signs URLs with the keys of ``access``, without asking the store."""

    def __init__(self, access: S3Access) -> None:
        self._access = access
        self._bucket = open_bucket(access)

    def presign_get(self, key: str, expires_s: int) -> str:
        """A URL that reads the object for ``expires_s`` seconds."""
        return obstore.sign(self._bucket, "GET", check_key(key), timedelta(seconds=expires_s))

    def presign_put(self, key: str, expires_s: int) -> str:
        """A URL that writes the object at one go for ``expires_s`` seconds."""
        return obstore.sign(self._bucket, "PUT", check_key(key), timedelta(seconds=expires_s))

    def presign_part(self, key: str, upload_id: str, number: int, expires_s: int) -> str:
        """A URL that sends part ``number`` (from 1) of an upload for ``expires_s`` seconds.

        The first call of a process takes half a second.
        """
        with boto_failures(self._access, f"Signing part {number} of {key!r}", key):
            return s3_client(self._access).generate_presigned_url(
                "upload_part",
                Params={
                    "Bucket": self._access.bucket,
                    "Key": check_key(key),
                    "UploadId": upload_id,
                    "PartNumber": number,
                },
                ExpiresIn=expires_s,
            )
