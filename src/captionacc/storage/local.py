"""A folder of this machine as object store.

obstore's ``LocalStore`` reads and lists. It would also write, to a temporary file that it then
renames, but without fsync, and none can be put between its write and its rename: a power cut
could leave an empty object under its final name. So writing is done here: temporary file, fsync,
atomic rename (or a hard link, which fails if the name is taken), fsync of the folder.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import TYPE_CHECKING, Final

from obstore.store import LocalStore

from captionacc.errors import ConflictError, StoreError
from captionacc.storage.durable import (
    StagingFolder,
    fsync_folder,
    locked,
    make_folders,
    write_durably,
)
from captionacc.storage.failures import read_failures, readable, write_failures
from captionacc.storage.keys import check_key
from captionacc.storage.reading import ObjectReader

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from captionacc.storage.store import ObjectInfo

STAGING: Final = ".staging"
"""Folder of the temporary files, directly below the store's own; never listed."""


class LocalFolderStore(ObjectReader):
    """An object store in the folder ``root``, which is made if it is missing.

    Keys are relative paths with ``/``. Safe for threads and for several processes.

    Raises:
        OutputNotWritableError: the folder cannot be made.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        with write_failures(f"the store folder {root}"):
            make_folders(self._root)
        super().__init__(LocalStore(self._root), read_failures)
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
        with readable(source) as content, self._publishing(key) as (staged, target):
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

    def put_file_if(self, key: str, source: Path, etag: str | None) -> str:
        """Replace the object whose ETag is ``etag``, or create it if that is ``None``.

        Returns:
            The new object's ETag.

        Raises:
            ConflictError: the object is another one by now, or gone, or exists already.
            StoreError: ``source`` cannot be read.
        """
        with readable(source) as content, self._publishing(key) as (staged, target):
            write_durably(staged, content)
            with locked(target.parent):
                self._check_etag(key, etag)
                staged.replace(target)
                return self._etag(key) or ""

    def list(self, prefix: str = "") -> tuple[ObjectInfo, ...]:
        """The objects in folder ``prefix`` and below, ordered by key; all of them for ``""``."""
        found = super().list(prefix)
        return tuple(info for info in found if not info.key.startswith(f"{STAGING}/"))

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

    def _check_etag(self, key: str, etag: str | None) -> None:
        if self._etag(key) != etag:
            raise ConflictError(
                f"The object {key!r} was changed by somebody else.", "Read it again first."
            )

    def _etag(self, key: str) -> str | None:
        info = self.head(key)
        return info and info.etag

    @contextmanager
    def _publishing(self, key: str) -> Generator[tuple[Path, Path]]:
        """A temporary path to write and the path to move it to; durable at the end."""
        target = self._target(key)
        with write_failures(f"the object {key!r}"), self._staging.new_path() as staged:
            make_folders(target.parent)
            yield staged, target
            fsync_folder(target.parent)

    def _target(self, key: str) -> Path:
        segments = check_key(key).split("/")
        if segments[0] == STAGING:
            raise StoreError(f"{key!r} is reserved for temporary files.")
        return self._root.joinpath(*segments)
