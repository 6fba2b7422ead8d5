"""What a folder and a bucket have in common: obstore reads and lists both."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

import obstore

from captionacc.errors import ObjectNotFoundError
from captionacc.storage.durable import COPY_BYTES
from captionacc.storage.failures import write_failures
from captionacc.storage.keys import check_key
from captionacc.storage.store import ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from obstore import ObjectMeta
    from obstore.store import ObjectStore as Source


class ObjectReader:
    """The reading half of an object store.

    ``failures`` translates what obstore raises while the object or folder it is given is read.
    """

    def __init__(
        self, source: Source, failures: Callable[[str], AbstractContextManager[None]]
    ) -> None:
        self._source = source
        self._read_failures = failures

    def get(self, key: str) -> bytes:
        """The object's content.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        with self._read_failures(key):
            return bytes(obstore.get(self._source, check_key(key)).bytes())

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """``length`` bytes from ``start``; fewer where the object ends, none behind its end.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        with self._read_failures(key):
            size: int = obstore.head(self._source, check_key(key))["size"]
            end = min(start + length, size)
            if end <= start:
                return b""
            return bytes(obstore.get_range(self._source, key, start=start, end=end))

    def get_to_file(self, key: str, target: Path) -> None:
        """Copy the object to ``target``, in constant memory; a failure leaves no partial file.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        partial = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
        chunks = self._chunks(key)
        first = next(chunks, b"")
        with write_failures(str(target)):
            try:
                with partial.open("xb") as file:
                    file.write(first)
                    file.writelines(chunks)
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)

    def head(self, key: str) -> ObjectInfo | None:
        """What is known of the object, or ``None`` if there is none."""
        with suppress(ObjectNotFoundError), self._read_failures(key):
            return _info(obstore.head(self._source, check_key(key)))
        return None

    def list(self, prefix: str = "") -> tuple[ObjectInfo, ...]:
        """The objects in folder ``prefix`` and below, ordered by key; all of them for ``""``."""
        with self._read_failures(prefix):
            batches: Iterable[Iterable[ObjectMeta]] = obstore.list(self._source, prefix or None)
            found = [_info(meta) for batch in batches for meta in batch]
        return tuple(sorted(found, key=lambda info: info.key))

    def _chunks(self, key: str) -> Iterator[bytes]:
        with self._read_failures(key):
            content = obstore.get(self._source, check_key(key))
            for chunk in content.stream(min_chunk_size=COPY_BYTES):
                yield bytes(chunk)


def _info(meta: ObjectMeta) -> ObjectInfo:
    return ObjectInfo(
        key=meta["path"],
        size_bytes=meta["size"],
        etag=meta["e_tag"] or "",
        last_modified=meta["last_modified"],
    )
