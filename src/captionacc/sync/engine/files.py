"""SQLite's file system (its VFS) on real files.

What SQLite relies on for its promise that a committed transaction survives a power cut is kept
here: ``sync`` returns after the disk has the bytes, and a journal's name is in its folder for good
before the first sync of the journal returns (https://www.sqlite.org/atomiccommit.html).
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from captionacc.storage.durable import fsync_folder
from captionacc.sync.engine import codes
from captionacc.sync.engine.locks import FileLock

if TYPE_CHECKING:
    from captionacc.sync.engine.memory import Memory

_SECTOR_BYTES: Final = 4096
_MODE: Final = 0o644
_JOURNALS: Final = codes.OPEN_MAIN_JOURNAL | codes.OPEN_SUPER_JOURNAL | codes.OPEN_WAL
_FULL_SYNC: Final[int | None] = getattr(fcntl, "F_FULLFSYNC", None)  # macOS: past the disk's cache


@dataclass(slots=True)
class _File:
    descriptor: int
    path: Path
    is_temporary: bool
    is_entered: bool
    """Whether its name is in its folder for good."""
    lock: FileLock


class Files:
    """The open files of one instance, by the address of SQLite's own structure.

    Methods take and return what ``sqlite3_vfs`` and ``sqlite3_io_methods`` say; they may raise
    OSError, which the instance turns into SQLite's code for a disk failure.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._files: dict[int, _File] = {}
        self.sync_count = 0

    def close_all(self) -> None:
        """Let go of every file and so of every lock, without a word to SQLite."""
        files, self._files = self._files, {}
        for file in files.values():
            os.close(file.descriptor)

    def open(self, _vfs: int, name: int, address: int, flags: int, out_flags: int) -> int:
        """Open ``name``, or a new temporary file if there is none."""
        if name:
            path = Path(self._memory.read_text(name))
            descriptor = os.open(path, _system_flags(flags), _MODE)
        else:
            descriptor, temporary = tempfile.mkstemp()
            path, flags = Path(temporary), flags | codes.OPEN_DELETEONCLOSE
        self._files[address] = _File(
            descriptor,
            path,
            is_temporary=bool(flags & codes.OPEN_DELETEONCLOSE),
            is_entered=not flags & _JOURNALS,
            lock=FileLock(descriptor),
        )
        if out_flags:
            self._memory.write_int(out_flags, flags)
        return codes.OK

    def close(self, address: int) -> int:
        """Close it, and remove it if it was temporary; SQLite also closes what did not open."""
        file = self._files.pop(address, None)
        if file is None:
            return codes.OK
        os.close(file.descriptor)
        if file.is_temporary:
            file.path.unlink(missing_ok=True)
        return codes.OK

    def read(self, address: int, target: int, size_bytes: int, offset: int) -> int:
        """What is past the end of the file reads as zeros, and is told."""
        view = self._memory.view(target, size_bytes)
        place = self._memory.read_int(offset, 8)
        read = os.preadv(self._files[address].descriptor, [view], place)
        if read == size_bytes:
            return codes.OK
        view[read:] = bytes(size_bytes - read)
        return codes.IOERR_SHORT_READ

    def write(self, address: int, source: int, size_bytes: int, offset: int) -> int:
        """Write all of it."""
        descriptor = self._files[address].descriptor
        view = self._memory.view(source, size_bytes)
        place = self._memory.read_int(offset, 8)
        while view:
            written = os.pwrite(descriptor, view, place)
            view, place = view[written:], place + written
        return codes.OK

    def truncate(self, address: int, size: int) -> int:
        """Cut the file to ``size``."""
        os.ftruncate(self._files[address].descriptor, self._memory.read_int(size, 8))
        return codes.OK

    def sync(self, address: int, flags: int) -> int:
        """Wait until the disk has it."""
        file = self._files[address]
        self.sync_count += 1
        if _FULL_SYNC is not None:
            fcntl.fcntl(file.descriptor, _FULL_SYNC)
        elif flags & codes.SYNC_DATAONLY:
            os.fdatasync(file.descriptor)
        else:
            os.fsync(file.descriptor)
        if not file.is_entered:
            fsync_folder(file.path.parent)
            file.is_entered = True
        return codes.OK

    def size(self, address: int, out_size: int) -> int:
        """The file's size in bytes."""
        size_bytes = os.fstat(self._files[address].descriptor).st_size
        self._memory.write_int(out_size, size_bytes, 8)
        return codes.OK

    def lock(self, address: int, level: int) -> int:
        """Raise the lock."""
        return self._files[address].lock.raise_to(level)

    def unlock(self, address: int, level: int) -> int:
        """Lower the lock."""
        return self._files[address].lock.lower_to(level)

    def check_reserved_lock(self, address: int, out_result: int) -> int:
        """Whether anybody is about to write."""
        self._memory.write_int(out_result, int(self._files[address].lock.is_reserved()))
        return codes.OK

    def control(self, _address: int, _operation: int, _argument: int) -> int:
        """Nothing can be set."""
        return codes.NOTFOUND

    def sector_size(self, _address: int) -> int:
        """What a torn write can damage at most, in bytes."""
        return _SECTOR_BYTES

    def device_characteristics(self, _address: int) -> int:
        """As SQLite's own file system for Unix has it."""
        return codes.IOCAP_POWERSAFE_OVERWRITE

    def delete(self, _vfs: int, name: int, sync_folder: int) -> int:
        """Remove a file, for good if asked."""
        path = Path(self._memory.read_text(name))
        try:
            path.unlink()
        except FileNotFoundError:
            return codes.IOERR_DELETE_NOENT
        if sync_folder:
            fsync_folder(path.parent)
        return codes.OK

    def access(self, _vfs: int, name: int, question: int, out_result: int) -> int:
        """Whether the file is there (an empty one is not), or may be read or written."""
        path = Path(self._memory.read_text(name))
        if question == codes.ACCESS_EXISTS:
            answer = path.exists() and (not path.is_file() or path.stat().st_size > 0)
        else:
            wanted = os.R_OK | os.W_OK if question == codes.ACCESS_READWRITE else os.R_OK
            answer = os.access(path, wanted)
        self._memory.write_int(out_result, int(answer))
        return codes.OK


def _system_flags(flags: int) -> int:
    system = os.O_RDONLY if flags & codes.OPEN_READONLY else os.O_RDWR
    if flags & codes.OPEN_CREATE:
        system |= os.O_CREAT
    if flags & codes.OPEN_EXCLUSIVE:
        system |= os.O_EXCL
    return system | os.O_CLOEXEC
