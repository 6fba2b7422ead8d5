"""A database as a file for one client, which opens it instead of merging every change of it.

Merging is what costs: 2,000 captions are 34,000 changes, seconds of work on either side, and half a
megabyte of file. A copy carries its site id with it, so the file is made the client's own: what was
written here belongs to another site in it, as it would after a merge.
"""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from captionacc.databases.failures import database_failures

if TYPE_CHECKING:
    from captionacc.sync.engine.database import SyncDatabase

_FAST: Final = 1  # the time of a person who waits, not the last kilobyte


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a client starts from.

    Attributes:
        content: The SQLite file, packed by gzip.
        db_version: The place to go on from.
    """

    content: bytes
    db_version: int


def snapshot(database: SyncDatabase, site_id: bytes) -> Snapshot:
    """What is committed in ``database``, as the database of ``site_id``.

    Raises:
        DiskFullError: there is no space for the copy beside it.
        StoreError: the disk failed.
    """
    folder = database.path.parent
    with (
        database_failures(folder, "snapshot"),
        TemporaryDirectory(prefix=".snapshot-", dir=folder) as draft,
    ):
        path = Path(draft) / database.path.name
        db_version = database.db_version
        tables = sorted(database.shared_tables)
        database.copy_to(path)
        with closing(sqlite3.connect(path)) as copy, copy:
            _hand_over(copy, tables, site_id)
        return Snapshot(gzip.compress(path.read_bytes(), _FAST), db_version)


def _hand_over(copy: sqlite3.Connection, tables: list[str], site_id: bytes) -> None:
    """Exchange the ordinals of the two sites; the one with 0 is whose database it is."""
    ((server,),) = copy.execute("SELECT site_id FROM crsql_site_id WHERE ordinal = 0")
    known = copy.execute("SELECT ordinal FROM crsql_site_id WHERE site_id = ?", (site_id,))
    ((free,),) = copy.execute("SELECT max(ordinal) + 1 FROM crsql_site_id")
    ((ordinal,),) = known.fetchall() or ((free,),)
    copy.execute("DELETE FROM crsql_site_id WHERE ordinal IN (0, ?)", (ordinal,))
    copy.executemany("INSERT INTO crsql_site_id VALUES (?, ?)", [(site_id, 0), (server, ordinal)])
    for table in tables:
        copy.execute(
            f'UPDATE "{table}__crsql_clock" SET site_id = ?1 - site_id WHERE site_id IN (0, ?1)',  # noqa: S608  # CR-SQLite's own
            (ordinal,),
        )
