"""Uploads in parts that somebody else sends with presigned URLs; the store remembers them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from captionacc.errors import ConflictError, NotFoundError
from captionacc.storage.boto import boto_failures, s3_client
from captionacc.storage.keys import check_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.storage.access import S3Access


@dataclass(frozen=True, slots=True)
class UploadedPart:
    """A part that has arrived.

    Attributes:
        number: Its place, from 1.
        etag: The store's mark of its content.
        size_bytes: Its length.
    """

    number: int
    etag: str
    size_bytes: int


class MultipartUploads:
    """Uploads to the bucket of ``access``. Every method blocks and can raise ``StoreError``."""

    def __init__(self, access: S3Access) -> None:
        self._access = access

    def create(self, key: str, content_type: str = "video/mp4") -> str:
        """The id of a new upload; nothing is to be seen under ``key`` until it is complete."""
        with boto_failures(self._access, f"Beginning the upload of {key!r}", key):
            answer = s3_client(self._access).create_multipart_upload(
                Bucket=self._access.bucket, Key=check_key(key), ContentType=content_type
            )
            return answer["UploadId"]

    def list_parts(self, key: str, upload_id: str) -> tuple[UploadedPart, ...]:
        """The parts that have arrived, by number.

        Raises:
            NotFoundError: the upload is completed, aborted, or was never begun.
        """
        with boto_failures(self._access, f"Listing the parts of {key!r}", key):
            pages = (
                s3_client(self._access)
                .get_paginator("list_parts")
                .paginate(Bucket=self._access.bucket, Key=key, UploadId=upload_id)
            )
            found = [part for page in pages for part in page.get("Parts", ())]
        # SeaweedFS still lists what a part that was sent again has replaced.
        found.sort(key=lambda part: (part["LastModified"], part["Size"]))
        last = {part["PartNumber"]: part for part in found}
        return tuple(
            UploadedPart(number, last[number]["ETag"], last[number]["Size"])
            for number in sorted(last)
        )

    def complete(self, key: str, upload_id: str, parts: Sequence[UploadedPart]) -> None:
        """Make the object ``key`` of these parts, all at once.

        Raises:
            ConflictError: there are no parts, or some are too small (5 MiB but for the last) or
                not those that arrived.
            NotFoundError: the upload is completed, aborted, or was never begun.
        """
        if not parts:
            raise ConflictError("No part of the file has arrived.", "Send its parts first.")
        listed = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        with boto_failures(self._access, f"Completing the upload of {key!r}", key):
            s3_client(self._access).complete_multipart_upload(
                Bucket=self._access.bucket,
                Key=key,
                UploadId=upload_id,
                MultipartUpload={"Parts": listed},
            )

    def abort(self, key: str, upload_id: str) -> None:
        """Drop the upload and its parts; nothing happens if there is no such upload."""
        with (
            suppress(NotFoundError),
            boto_failures(self._access, f"Aborting the upload of {key!r}", key),
        ):
            s3_client(self._access).abort_multipart_upload(
                Bucket=self._access.bucket, Key=key, UploadId=upload_id
            )
