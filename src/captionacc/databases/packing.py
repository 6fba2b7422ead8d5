"""``.db.gz``: databases as they lie in the object store.

The same database always packs into the same bytes: the gzip header holds neither name nor time.
"""

from __future__ import annotations

import gzip
import shutil
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from captionacc.errors import UnreadableDatabaseError
from captionacc.storage.failures import write_failures

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_COPY_BYTES: Final = 1 << 20
_LEVEL: Final = 6


def pack(database: Path, packed: Path) -> None:
    """Compress the closed ``database`` into ``packed``, in constant memory.

    Raises:
        DiskFullError: there is no space left.
        OutputNotWritableError: the target refuses writes.
        UnreadableDatabaseError: there is no such database, or one with an unfinished journal.
    """
    _check_closed(database)
    with (
        _draft(packed) as draft,
        database.open("rb") as source,
        draft.open("xb") as raw,
        gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as target,
    ):
        shutil.copyfileobj(source, target, _COPY_BYTES)


def unpack(packed: Path, database: Path) -> None:
    """Decompress ``packed`` into ``database``, in constant memory.

    Raises:
        DiskFullError: there is no space left.
        OutputNotWritableError: the target refuses writes.
        UnreadableDatabaseError: ``packed`` is missing, no gzip file, or damaged.
    """
    if not packed.is_file():
        raise UnreadableDatabaseError(f"There is no packed database {packed}.")
    with _draft(database) as draft:
        try:
            with gzip.open(packed, "rb") as source, draft.open("xb") as target:
                shutil.copyfileobj(source, target, _COPY_BYTES)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise UnreadableDatabaseError(
                f"The packed database {packed} is damaged: {error}.",
                "Remove it and process the video again.",
            ) from error


def _check_closed(database: Path) -> None:
    if not database.is_file():
        raise UnreadableDatabaseError(f"There is no database {database}.")
    for suffix in ("-journal", "-wal"):
        journal = database.with_name(f"{database.name}{suffix}")
        if journal.is_file() and journal.stat().st_size > 0:
            raise UnreadableDatabaseError(
                f"{database} has an unfinished transaction in {journal.name}.",
                "Close or recover the database before it is packed.",
            )


@contextmanager
def _draft(final: Path) -> Generator[Path]:
    """A temporary path beside ``final`` that takes its place when the block ends well."""
    draft = final.with_name(f".{final.name}.{uuid4().hex}.part")
    with write_failures(str(final)):
        try:
            yield draft
            draft.replace(final)
        finally:
            draft.unlink(missing_ok=True)
