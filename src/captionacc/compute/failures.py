"""From whatever a computation raises to the error tree, at the edge of a compute process."""

from __future__ import annotations

import errno
import sqlite3
from typing import Final

from captionacc.errors import CaptionAccError, DiskFullError, InternalError, TransientError

_NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def as_captionacc_error(error: BaseException) -> CaptionAccError:
    """``error`` itself if it is ours, else the class of ours that says what to do about it."""
    if isinstance(error, CaptionAccError):
        return error
    if isinstance(error, MemoryError):
        return TransientError(
            "The computation ran out of memory.",
            "Close other programs, or use fewer threads, and run the same command again.",
        )
    if _is_disk_full(error):
        return DiskFullError(
            "There is no space left on the disk.",
            "Free some space, then run the same command again.",
        )
    return InternalError(f"A bug of ours: {type(error).__name__}: {error}".rstrip(": "))


def _is_disk_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    return isinstance(error, sqlite3.OperationalError) and "full" in str(error)
