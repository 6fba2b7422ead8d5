"""A folder of this machine as object store.

obstore's ``LocalStore`` reads and lists. It would also write, to a temporary file that it then
renames, but without fsync, and none can be put between its write and its rename: a power cut
could leave an empty object under its final name. So writing is done here: temporary file, fsync,
atomic rename (or a hard link, which fails if the name is taken), fsync of the folder.
"""

from __future__ import annotations

import os
import uuid
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import TYPE_CHECKING, Final

import obstore
from obstore.store import LocalStore

from captionacc.errors import ObjectNotFoundError, StoreError
from captionacc.storage.durable import (
    COPY_BYTES,
    StagingFolder,
    fsync_folder,
    make_folders,
    write_durably,
)
from captionacc.storage.failures import read_failures, write_failures
from captionacc.storage.store import ObjectInfo

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

    from obstore import ObjectMeta

STAGING: Final = ".staging"
"""Folder of the temporary files, directly below the store's own; never listed."""


class LocalFolderStore:
    """An object store in the folder ``root``, which is made if it is missing.

    Keys are relative paths with ``/``. Safe for threads and for several processes.

    Raises:
        OutputNotWritableError: the folder cannot be made.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        with write_failures(f"the store folder {root}"):
            make_folders(self._root)
        self._reader = LocalStore(self._root)
        self._staging = StagingFolder(self._root / STAGING)
        self._staging.remove_stale()

    def put(self, key: str, data: bytes) -> None:
        """Write or replace the object; durable on return."""
        with self._publishing(key) as (staged, target):
            write_durably(staged, BytesIO(data))
            staged.replace(target)

    def put_file(self, key: str, source: Path) -> None:
        """Write or replace the object with the content of ``source``, in constant memory.

        Raises:
            StoreError: ``source`` cannot be read.
        """
        try:
            content = source.open("rb")
        except OSError as error:
            raise StoreError(f"{source} cannot be read: {error.strerror}.") from error
        with content, self._publishing(key) as (staged, target):
            write_durably(staged, content)
            staged.replace(target)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Create the object unless it exists; of concurrent callers exactly one gets ``True``."""
        with self._publishing(key) as (staged, target):
            write_durably(staged, BytesIO(data))
            try:
                os.link(staged, target)
            except FileExistsError:
                return False
        return True

    def get(self, key: str) -> bytes:
        """The object's content.

        Raises:
            ObjectNotFoundError: there is no such object.
        """
        with read_failures(key):
            return bytes(obstore.get(self._reader, key).bytes())

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
        with suppress(ObjectNotFoundError), read_failures(key):
            return _info(obstore.head(self._reader, key))
        return None

    def list(self, prefix: str = "") -> tuple[ObjectInfo, ...]:
        """The objects in folder ``prefix`` and below, ordered by key; all of them for ``""``."""
        with read_failures(prefix):
            batches: Iterable[Iterable[ObjectMeta]] = obstore.list(self._reader, prefix or None)
            found = [_info(meta) for batch in batches for meta in batch]
        shown = (info for info in found if not info.key.startswith(f"{STAGING}/"))
        return tuple(sorted(shown, key=lambda info: info.key))

    def delete(self, key: str) -> None:
        """Remove the object; nothing happens if there is none."""
        target = self._target(key)
        with write_failures(f"the object {key!r}"), suppress(FileNotFoundError):
            target.unlink()
            fsync_folder(target.parent)

    def local_path(self, key: str) -> Path | None:
        """The file that holds the object, for reading without a copy; ``None`` if there is none."""
        target = self._target(key)
        return target if target.is_file() else None

    def _chunks(self, key: str) -> Iterator[bytes]:
        with read_failures(key):
            for chunk in obstore.get(self._reader, key).stream(min_chunk_size=COPY_BYTES):
                yield bytes(chunk)

    @contextmanager
    def _publishing(self, key: str) -> Generator[tuple[Path, Path]]:
        """A temporary path to write and the path to move it to; durable at the end."""
        target = self._target(key)
        with write_failures(f"the object {key!r}"), self._staging.new_path() as staged:
            make_folders(target.parent)
            yield staged, target
            fsync_folder(target.parent)

    def _target(self, key: str) -> Path:
        segments = key.split("/")
        if any(part in {"", ".", ".."} or "\0" in part for part in segments):
            raise StoreError(f"{key!r} is not an object key.")
        if segments[0] == STAGING:
            raise StoreError(f"{key!r} is reserved for temporary files.")
        return self._root.joinpath(*segments)


def _info(meta: ObjectMeta) -> ObjectInfo:
    return ObjectInfo(
        key=meta["path"],
        size_bytes=meta["size"],
        etag=meta["e_tag"] or "",
        last_modified=meta["last_modified"],
    )
