"""The object store as the rest of the code sees it, whatever keeps the bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What is known of an object without reading it.

    Attributes:
        key: Its full key.
        size_bytes: Its length.
        etag: Changes whenever the content does.
        last_modified: When it was written, in UTC.
    """

    key: str
    size_bytes: int
    etag: str
    last_modified: datetime


class ObjectStore(Protocol):
    """Whole objects under keys. A put is seen entirely or not at all, and is durable on return.

    Implementations may be used from several threads. Every method can raise ``StoreError``;
    what writes can also raise ``DiskFullError`` and ``OutputNotWritableError``.
    """

    def put(self, key: str, data: bytes) -> None:
        """Write or replace the object."""
        ...

    def put_file(self, key: str, source: Path) -> None:
        """Write or replace the object with the content of a file, in constant memory."""
        ...

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Create the object unless it exists; of concurrent callers exactly one gets ``True``."""
        ...

    def put_file_if(self, key: str, source: Path, etag: str | None) -> str:
        """Replace the object whose ETag is ``etag``, or create it if that is ``None``.

        Only such writes are safe from each other: the other ones replace whatever is there.

        Returns:
            The new object's ETag.

        Raises:
            ConflictError: the object is another one by now, or gone, or exists already.
        """
        ...

    def get(self, key: str) -> bytes:
        """The object's content.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        ...

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """``length`` bytes from ``start``; fewer where the object ends, none behind its end.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        ...

    def get_to_file(self, key: str, target: Path) -> None:
        """Copy the object to ``target``, in constant memory; a failure leaves no partial file.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        ...

    def head(self, key: str) -> ObjectInfo | None:
        """What is known of the object, or ``None`` if there is none."""
        ...

    def list(self, prefix: str = "") -> tuple[ObjectInfo, ...]:
        """The objects in folder ``prefix`` and below, ordered by key; all of them for ``""``."""
        ...

    def delete(self, key: str) -> None:
        """Remove the object; nothing happens if there is none."""
        ...

    def local_path(self, key: str) -> Path | None:
        """The file that holds the object, for reading without a copy; ``None`` if there is none.

        Stores whose objects are not files always answer ``None``.
        """
        ...
