"""Locks on byte ranges of a database file, the ones that every SQLite takes on Linux and macOS.

They belong to the open file and not to the process where the system has that (Linux), so that they
also hold between two connections of one process, and do not vanish when somebody in this process
closes the same file.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from typing import Final

from captionacc.sync.engine import codes

_PENDING: Final = 0x40000000
_RESERVED: Final = _PENDING + 1
_SHARED: Final = _PENDING + 2
_SHARED_BYTES: Final = 510

_FLOCK: Final = "hhqqi4x"
_SET: Final[int | None] = getattr(fcntl, "F_OFD_SETLK", None)
_GET: Final[int | None] = getattr(fcntl, "F_OFD_GETLK", None)
_HELD_BY_OTHERS: Final = {errno.EACCES, errno.EAGAIN}


class FileLock:
    """SQLite's five-step lock of one open file (https://www.sqlite.org/lockingv3.html)."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._level: int = codes.LOCK_NONE

    def raise_to(self, level: int) -> int:
        """OK, or BUSY if others are in the way."""
        if self._level >= level:
            return codes.OK
        match level:
            case codes.LOCK_SHARED:
                is_ours = self._share()
            case codes.LOCK_RESERVED:
                is_ours = self._set(fcntl.F_WRLCK, _RESERVED, 1)
            case _:
                is_ours = self._exclude(level)
        if not is_ours:
            return codes.BUSY
        self._level = level
        return codes.OK

    def lower_to(self, level: int) -> int:
        """OK."""
        if self._level <= level:
            return codes.OK
        if level == codes.LOCK_SHARED:
            self._set(fcntl.F_RDLCK, _SHARED, _SHARED_BYTES)
            self._set(fcntl.F_UNLCK, _PENDING, 2)
        else:
            self._set(fcntl.F_UNLCK, _PENDING, 2 + _SHARED_BYTES)
        self._level = level
        return codes.OK

    def is_reserved(self) -> bool:
        """Whether anybody, this connection included, is about to write."""
        if self._level >= codes.LOCK_RESERVED:
            return True
        if _GET is None:
            return not self._probe()
        wanted = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, _RESERVED, 1, 0)
        found = struct.unpack(_FLOCK, fcntl.fcntl(self._descriptor, _GET, wanted))
        return found[0] != fcntl.F_UNLCK

    def _share(self) -> bool:
        """A writer that waits for readers to end holds PENDING: no new reader comes then."""
        if not self._set(fcntl.F_RDLCK, _PENDING, 1):
            return False
        is_ours = self._set(fcntl.F_RDLCK, _SHARED, _SHARED_BYTES)
        self._set(fcntl.F_UNLCK, _PENDING, 1)
        return is_ours

    def _exclude(self, level: int) -> bool:
        if self._level < codes.LOCK_PENDING:
            if not self._set(fcntl.F_WRLCK, _PENDING, 1):
                return False
            self._level = codes.LOCK_PENDING
        return level < codes.LOCK_EXCLUSIVE or self._set(fcntl.F_WRLCK, _SHARED, _SHARED_BYTES)

    def _probe(self) -> bool:
        return self._set(fcntl.F_WRLCK, _RESERVED, 1) and self._set(fcntl.F_UNLCK, _RESERVED, 1)

    def _set(self, kind: int, start: int, length: int) -> bool:
        try:
            if _SET is None:
                _set_for_process(self._descriptor, kind, start, length)
            else:
                wanted = struct.pack(_FLOCK, kind, os.SEEK_SET, start, length, 0)
                fcntl.fcntl(self._descriptor, _SET, wanted)
        except OSError as error:
            if error.errno in _HELD_BY_OTHERS:
                return False
            raise
        return True


def _set_for_process(descriptor: int, kind: int, start: int, length: int) -> None:
    command = {fcntl.F_RDLCK: fcntl.LOCK_SH, fcntl.F_WRLCK: fcntl.LOCK_EX}.get(kind)
    if command is None:
        fcntl.lockf(descriptor, fcntl.LOCK_UN, length, start)
    else:
        fcntl.lockf(descriptor, command | fcntl.LOCK_NB, length, start)
