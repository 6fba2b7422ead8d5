"""From what SQLite and the operating system raise to our own errors."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from captionacc.errors import (
    CaptionAccError,
    DiskFullError,
    OutputNotWritableError,
    StoreError,
    UnreadableDatabaseError,
)
from captionacc.storage.failures import write_error

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_PRIMARY_CODE: Final = 0xFF
_NO_ROOM: Final = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE}
_REFUSED: Final = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PASSING: Final = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


@contextmanager
def database_failures(path: Path, kind: str) -> Generator[None]:
    """Translate failures of work on the ``kind`` database ``path``.

    Only failures of the file are translated; a wrong statement is a bug and stays what it is.

    Raises:
        DiskFullError: there is no space left.
        OutputNotWritableError: the file or its folder refuses writes.
        StoreError: the file is locked, or the disk failed.
        UnreadableDatabaseError: the file is damaged or no database.
    """
    try:
        yield
    except OSError as error:
        raise write_error(str(path), error) from error
    except sqlite3.Error as error:
        translated = _translated(path, kind, error)
        if translated is None:
            raise
        raise translated from error


def _translated(path: Path, kind: str, error: sqlite3.Error) -> CaptionAccError | None:
    extended: int = getattr(error, "sqlite_errorcode", 0)
    primary = extended & _PRIMARY_CODE
    if {extended, primary} & _NO_ROOM:
        return DiskFullError(
            f"There is no space left to write {path}.",
            "Free some space or choose another place, then run the same command again.",
        )
    if primary in _REFUSED:
        return OutputNotWritableError(
            f"{path} cannot be written: {error}.", "Choose a folder that you may write to."
        )
    if primary in _DAMAGED:
        return UnreadableDatabaseError(
            f"The {kind} database {path} is damaged: {error}.",
            "Remove it and process the video again.",
        )
    if primary in _PASSING:
        return StoreError(f"Work on {path} failed: {error}.", "Run the same command again.")
    return None
