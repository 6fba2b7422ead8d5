"""Removing all that a folder of a bucket holds, also what a listing does not show."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from captionacc.storage.boto import boto_failures, s3_client
from captionacc.storage.keys import check_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from captionacc.storage.access import S3Access

_AT_ONCE: Final = 16
"""Objects are removed one by one: not every server knows how to remove many."""


def purge(access: S3Access, prefix: str) -> int:
    """Remove the objects below ``prefix``, in all versions, and the uploads under way. Blocks.

    It may be interrupted at any point, and is complete when it returns.

    Args:
        access: The bucket.
        prefix: A folder, without a trailing slash.

    Returns:
        How many versions of objects were removed.

    Raises:
        StoreError: the store refuses or does not answer.
    """
    client, folder = s3_client(access), f"{check_key(prefix)}/"
    with (
        boto_failures(access, f"Removing {prefix!r}", prefix),
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        for upload in _pages(client, access, "list_multipart_uploads", "Uploads", folder):
            client.abort_multipart_upload(
                Bucket=access.bucket, Key=upload["Key"], UploadId=upload["UploadId"]
            )
        versions = [*_versions(client, access, folder)]

        def remove(version: dict[str, str]) -> None:
            client.delete_object(Bucket=access.bucket, **version)

        for _ in pool.map(remove, versions):
            pass  # a failure is raised here
    return len(versions)


def _versions(client: Any, access: S3Access, folder: str) -> Iterator[dict[str, str]]:  # noqa: ANN401 -- boto3's client
    """Also the marks that stand for deleted objects."""
    for kind in ("Versions", "DeleteMarkers"):
        for one in _pages(client, access, "list_object_versions", kind, folder):
            yield {"Key": one["Key"], "VersionId": one["VersionId"]}


def _pages(
    client: Any,  # noqa: ANN401 -- as above
    access: S3Access,
    call: str,
    kind: str,
    folder: str,
) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator(call).paginate(Bucket=access.bucket, Prefix=folder):
        yield from page.get(kind, ())
