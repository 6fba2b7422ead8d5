"""From what the operating system and obstore raise to our own errors."""

from __future__ import annotations

import errno
import re
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final

from obstore.exceptions import BaseError

from captionacc.errors import (
    CaptionAccError,
    DiskFullError,
    ObjectNotFoundError,
    OutputNotWritableError,
    StoreError,
)

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED: Final = {
    errno.EACCES,
    errno.EEXIST,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENOENT,
    errno.ENAMETOOLONG,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}
_OS_ERROR: Final = re.compile(r"\(os error (\d+)\)")


@contextmanager
def write_failures(place: str) -> Generator[None]:
    """Translate failures of writing to ``place``.

    Raises:
        DiskFullError: no space, quota or file size is left.
        OutputNotWritableError: the place refuses writes.
        StoreError: anything else went wrong.
    """
    try:
        yield
    except CaptionAccError:
        raise
    except (OSError, BaseError) as error:
        raise write_error(place, error) from error


@contextmanager
def read_failures(key: str) -> Generator[None]:
    """Translate failures of reading the object ``key``.

    Raises:
        ObjectNotFoundError: there is no such object.
        StoreError: anything else went wrong.
    """
    try:
        yield
    except CaptionAccError:
        raise
    except FileNotFoundError as error:
        raise ObjectNotFoundError(f"The store holds no object {key!r}.") from error
    except (OSError, BaseError, ValueError) as error:
        raise StoreError(
            f"The object {key!r} could not be read: {_reason(error)}.",
            "Check that the store's folder is there and that you may read it.",
        ) from error


@contextmanager
def readable(source: Path) -> Generator[IO[bytes]]:
    """The file ``source``, open for reading.

    Raises:
        StoreError: it cannot be opened.
    """
    try:
        content = source.open("rb")
    except OSError as error:
        raise StoreError(f"{source} cannot be read: {error.strerror}.") from error
    with content:
        yield content


def write_error(place: str, error: Exception) -> CaptionAccError:
    """The error of our tree that tells what went wrong in writing to ``place``."""
    number = _errno(error)
    if number in _NO_ROOM:
        return DiskFullError(
            f"There is no space left to write {place}.",
            "Free some space or choose another place, then run the same command again.",
        )
    if number in _REFUSED:
        return OutputNotWritableError(
            f"{place} cannot be written: {_reason(error)}.",
            "Choose a folder that you may write to.",
        )
    return StoreError(f"Writing {place} failed: {_reason(error)}.", "Run the same command again.")


def _errno(error: Exception) -> int | None:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = _OS_ERROR.search(str(error))
    return int(found[1]) if found else None


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")
