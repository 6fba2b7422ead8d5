"""The folder that holds one video's partial work, so that a later run can resume it.

Its name comes from the video's identity and the options, so the same command finds it again. A
lock on the file beside it keeps other processes out; the lock goes with its process, however that
ends.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from captionacc.errors import NotAVideoError, UsageError, VideoNotFoundError
from captionacc.storage.failures import write_failures

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_STALE_AFTER_S: Final = 7 * 24 * 3600.0
_SAMPLE_BYTES: Final = 1 << 16
_MAX_SLOTS: Final = 64
_LOCK_SUFFIX: Final = ".lock"


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """A folder that this process alone uses."""

    path: Path

    def remove(self) -> None:
        """Delete it and all that it holds; nothing happens if it is gone."""
        shutil.rmtree(self.path, ignore_errors=True)


def video_identity(video: Path) -> str:
    """Name for the content of ``video``: path, size, modification time, first and last bytes.

    Raises:
        VideoNotFoundError: it cannot be read.
        NotAVideoError: it is a folder, a device or a pipe.
    """
    try:
        status = video.stat()
        if not stat.S_ISREG(status.st_mode):
            raise NotAVideoError(f"{video} is not a file.", "Give the path of a video file.")
        with video.open("rb") as file:
            head = file.read(_SAMPLE_BYTES)
            file.seek(max(status.st_size - _SAMPLE_BYTES, 0))
            tail = file.read(_SAMPLE_BYTES)
    except OSError as error:
        raise VideoNotFoundError(
            f"{video} cannot be read: {error.strerror}.", "Check the path and its permissions."
        ) from error
    facts = f"{video.resolve()}\0{status.st_size}\0{status.st_mtime_ns}\0"
    return hashlib.sha256(facts.encode(errors="surrogateescape") + head + tail).hexdigest()[:32]


@contextmanager
def open_work_folder(root: Path, name: str) -> Generator[WorkFolder]:
    """The folder ``name`` below ``root``, or ``name-2`` and so on while others use it.

    The folder itself is made by the first who writes into it.

    Raises:
        OutputNotWritableError: ``root`` cannot be made or written.
        UsageError: too many processes use it.
    """
    with write_failures(f"the work folder {root}"):
        root.mkdir(parents=True, exist_ok=True)
        for slot in range(1, _MAX_SLOTS + 1):
            folder = root / (name if slot == 1 else f"{name}-{slot}")
            handle = _try_lock(folder)
            if handle is not None:
                break
        else:
            raise UsageError(f"{_MAX_SLOTS} processes work on this video.", "Wait for one to end.")
    try:
        yield WorkFolder(folder)
    finally:
        _unlock(folder, handle)


@contextmanager
def open_kept_folder(folder: Path) -> Generator[WorkFolder]:
    """``folder`` itself, whose content the person wants to keep.

    Raises:
        OutputNotWritableError: it cannot be made or written.
        UsageError: another process uses it.
    """
    with write_failures(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        handle = _try_lock(folder / "captionacc")
    if handle is None:
        raise UsageError(
            f"Another captionacc process uses {folder}.", "Wait for it, or name another folder."
        )
    try:
        yield WorkFolder(folder)
    finally:
        _unlock(folder / "captionacc", handle)


def remove_stale(root: Path) -> None:
    """Delete work folders that nobody has used for a week; those in use stay."""
    with suppress(FileNotFoundError, PermissionError):
        for folder in list(root.iterdir()):
            if folder.is_dir() and _is_stale(folder):
                handle = _try_lock(folder)
                if handle is not None:
                    shutil.rmtree(folder, ignore_errors=True)
                    _unlock(folder, handle)


def _is_stale(folder: Path) -> bool:
    with suppress(FileNotFoundError):
        newest = max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
        return time.time() - newest > _STALE_AFTER_S
    return False


def _try_lock(folder: Path) -> int | None:
    """Lock the file beside ``folder``; returns its descriptor, or ``None`` if another has it."""
    path = folder.with_name(folder.name + _LOCK_SUFFIX)
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        with suppress(FileNotFoundError):
            if _is_same_file(path, handle):
                return handle
        os.close(handle)  # its last holder removed the file under us


def _is_same_file(path: Path, handle: int) -> bool:
    here, there = path.stat(), os.fstat(handle)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def _unlock(folder: Path, handle: int) -> None:
    folder.with_name(folder.name + _LOCK_SUFFIX).unlink(missing_ok=True)
    os.close(handle)
