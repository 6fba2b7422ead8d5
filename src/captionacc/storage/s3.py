"""A bucket of any S3 server as object store: Wasabi, AWS, SeaweedFS."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import obstore
from obstore.store import S3Store as Bucket

from captionacc.errors import ConflictError
from captionacc.storage.failures import readable
from captionacc.storage.keys import check_key
from captionacc.storage.reading import ObjectReader
from captionacc.storage.s3_failures import s3_failures

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from obstore import PutMode
    from obstore.store import ClientConfig, RetryConfig

    from captionacc.storage.access import S3Access

_PART_BYTES: Final = 8 << 20
"""Size of a large file's parts: S3 takes 10,000 of them, so 80 GB."""

_PARTS_AT_ONCE: Final = 4

# A request as a whole may take long, for videos are large; silence may not.
_CLIENT: Final[ClientConfig] = {
    "allow_http": True,
    "connect_timeout": timedelta(seconds=5),
    "read_timeout": timedelta(seconds=60),
    "timeout": timedelta(hours=6),
}
# Bridges a restart of the store; what takes longer is for the run's own retries.
_RETRIES: Final[RetryConfig] = {
    "max_retries": 10,
    "retry_timeout": timedelta(seconds=30),
    "backoff": {
        "init_backoff": timedelta(milliseconds=200),
        "max_backoff": timedelta(seconds=3),
        "base": 2,
    },
}


def open_bucket(access: S3Access) -> Bucket:
    """A client of the bucket; of the environment's AWS settings it takes none."""
    return Bucket(
        access.bucket,
        endpoint=access.endpoint or f"https://s3.{access.region}.amazonaws.com",
        region=access.region,
        virtual_hosted_style_request=False,
        disable_bulk_delete=True,  # which some servers lack, and we delete one at a time
        client_options=_CLIENT,
        retry_config=_RETRIES,
        credential_provider=lambda: {
            "access_key_id": access.access_key_id,
            "secret_access_key": access.secret_access_key,
            "token": access.session_token,
            "expires_at": None,
        },
    )


class S3Store(ObjectReader):
    """An object store in one bucket, which exists already.

    Safe for threads; any number of processes may use the bucket at once.
    """

    def __init__(self, access: S3Access) -> None:
        super().__init__(
            open_bucket(access), lambda key: s3_failures(access, f"Reading {key!r}", key)
        )
        self._access = access

    def put(self, key: str, data: bytes) -> None:
        """Write or replace the object; durable on return."""
        with self._write_failures(key):
            obstore.put(self._source, check_key(key), data, use_multipart=False)

    def put_file(self, key: str, source: Path) -> None:
        """Write or replace the object with the content of ``source``, in constant memory.

        Raises:
            StoreError: ``source`` cannot be read.
        """
        with readable(source) as content, self._write_failures(key):
            obstore.put(
                self._source,
                check_key(key),
                content,
                chunk_size=_PART_BYTES,
                max_concurrency=_PARTS_AT_ONCE,
            )

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Create the object unless it exists; of concurrent callers exactly one gets ``True``."""
        with suppress(ConflictError), self._write_failures(key):
            obstore.put(self._source, check_key(key), data, mode="create")
            return True
        return False

    def put_file_if(self, key: str, source: Path, etag: str | None) -> str:
        """Replace the object whose ETag is ``etag``, or create it if that is ``None``.

        Returns:
            The new object's ETag. The whole file is held in memory.

        Raises:
            ConflictError: the object is another one by now, or gone, or exists already.
            StoreError: ``source`` cannot be read.
        """
        mode: PutMode = "create" if etag is None else {"e_tag": etag}
        with readable(source) as content, self._write_failures(key):
            return obstore.put(self._source, check_key(key), content, mode=mode)["e_tag"] or ""

    def delete(self, key: str) -> None:
        """Remove the object; nothing happens if there is none."""
        with self._write_failures(key), suppress(FileNotFoundError):
            obstore.delete(self._source, check_key(key))

    def folders(self, prefix: str = "") -> tuple[str, ...]:
        """The names of the folders directly below ``prefix``, in order; the topmost for ``""``."""
        with s3_failures(self._access, f"Listing {prefix!r}", prefix):
            found = obstore.list_with_delimiter(self._source, prefix or None)
        return tuple(sorted(folder.rpartition("/")[2] for folder in found["common_prefixes"]))

    def local_path(self, key: str) -> Path | None:  # noqa: ARG002 -- part of the protocol
        """``None``: the objects are no files of this machine."""
        return None

    def _write_failures(self, key: str) -> AbstractContextManager[None]:
        return s3_failures(self._access, f"Writing {key!r}", key)
