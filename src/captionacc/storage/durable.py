"""Files that survive a power cut, and temporary ones that do not survive their process."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import time
import uuid
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

COPY_BYTES: Final = 1 << 20
"""How much of a file is in memory while it is copied."""

_STALE_AFTER_S: Final = 24 * 3600.0
_ATTEMPTS: Final = 100


def write_durably(path: Path, content: IO[bytes]) -> None:
    """Copy ``content`` into the new file ``path`` and fsync it."""
    with path.open("xb") as file:
        shutil.copyfileobj(content, file, COPY_BYTES)
        file.flush()
        os.fsync(file.fileno())


def make_folders(folder: Path) -> None:
    """Make ``folder`` and its missing parents, and fsync what they were entered into."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Make names entered into or removed from ``folder`` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Hold the one lock that ``folder`` has, against threads and other processes."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


class StagingFolder:
    """A folder for temporary files that exists only while somebody writes.

    Each name tells which process of which host uses it, so that others can see what a killed
    process left behind.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def new_path(self) -> Generator[Path]:
        """A path where nothing is yet; whatever is there afterwards is removed."""
        room = self._new_room()
        try:
            yield room / "object"
        finally:
            shutil.rmtree(room, ignore_errors=True)
            self._remove_if_empty()

    def remove_stale(self) -> None:
        """Remove what dead processes left; what cannot be removed stays for the next time."""
        with suppress(FileNotFoundError, PermissionError):
            for room in list(self._path.iterdir()):
                if _is_stale(room):
                    shutil.rmtree(room, ignore_errors=True)
            self._remove_if_empty()

    def _new_room(self) -> Path:
        room = self._path / f"{socket.gethostname()}~{os.getpid()}~{uuid.uuid4().hex}"
        for _ in range(_ATTEMPTS):
            with suppress(FileExistsError):
                self._path.mkdir()
            with suppress(FileNotFoundError):  # another writer just removed the empty folder
                room.mkdir()
                return room
        raise FileNotFoundError(f"{self._path} vanishes again and again")

    def _remove_if_empty(self) -> None:
        with suppress(OSError):
            self._path.rmdir()


def _is_stale(room: Path) -> bool:
    host, _, rest = room.name.partition("~")
    pid = rest.partition("~")[0]
    if host == socket.gethostname() and pid.isdecimal():
        return not _is_alive(int(pid))
    try:
        return time.time() - room.stat().st_mtime > _STALE_AFTER_S
    except FileNotFoundError:
        return False


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
