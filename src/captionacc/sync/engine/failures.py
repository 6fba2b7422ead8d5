"""What can go wrong in the engine, and which of our errors it is."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from captionacc.errors import (
    ConflictError,
    DiskFullError,
    InternalError,
    StoreError,
    UnreadableDatabaseError,
)
from captionacc.storage.failures import write_error
from captionacc.sync.engine import codes

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from captionacc.errors import CaptionAccError

_PRIMARY_CODE = 0xFF


class SqliteError(Exception):
    """SQLite refused; the instance is sound.

    Attributes:
        code: SQLite's primary result code.
        message: What SQLite says.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code & _PRIMARY_CODE
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} (SQLite {self.code})"


class TrapError(Exception):
    """The instance ended in the middle of a call and must not be used any more."""


@contextmanager
def engine_failures(path: Path) -> Generator[None]:
    """Translate failures of work on the database ``path``.

    Only failures of the file are translated; a refused statement stays what it is.

    Raises:
        ConflictError: another connection has the file.
        DiskFullError: there is no space left.
        InternalError: the engine trapped; what was not committed is lost, nothing else.
        OutputNotWritableError: the file or its folder refuses writes.
        StoreError: the disk failed.
        UnreadableDatabaseError: the file is damaged or no database.
    """
    try:
        yield
    except OSError as error:
        raise write_error(str(path), error) from error
    except TrapError as error:
        raise InternalError(f"The sync engine failed on {path}: {error}.") from error
    except SqliteError as error:
        cause = error.__cause__
        if isinstance(cause, OSError):
            raise write_error(str(path), cause) from error
        translated = _translated(path, error)
        if translated is None:
            raise
        raise translated from error


def _translated(path: Path, error: SqliteError) -> CaptionAccError | None:
    match error.code:
        case codes.BUSY:
            return ConflictError(f"Another process has {path} open.", "Close it there first.")
        case codes.FULL:
            return DiskFullError(f"There is no space left to write {path}.", "Free some space.")
        case codes.IOERR | codes.CANTOPEN | codes.NOMEM:
            return StoreError(f"Work on {path} failed: {error}.", "Run the same command again.")
        case codes.CORRUPT | codes.NOTADB:
            return UnreadableDatabaseError(f"The database {path} is damaged: {error}.")
        case _:
            return None
