"""What the server itself keeps in a shared database: where it comes from, and what was taken.

These tables are not shared. They travel with the stored file, so that whoever opens it next knows
whether a copy elsewhere was made from it, and which batches of whom are in it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import uuid
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from captionacc.sync.engine.database import SyncDatabase

_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS sync_copy (
        id INTEGER PRIMARY KEY NOT NULL,
        lineage TEXT NOT NULL,
        generation INTEGER NOT NULL,
        etag TEXT,
        is_unsaved INTEGER NOT NULL,
        has_persons_crop INTEGER NOT NULL DEFAULT 0
    )""",
    """CREATE TABLE IF NOT EXISTS sync_saves (
        number INTEGER PRIMARY KEY NOT NULL,
        name TEXT NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS sync_batches (
        number INTEGER PRIMARY KEY NOT NULL,
        site_id BLOB NOT NULL,
        batch TEXT NOT NULL
    )""",
    "CREATE UNIQUE INDEX IF NOT EXISTS sync_batches_known ON sync_batches (site_id, batch)",
)
_SAVES_KEPT: Final = 20
_BATCHES_KEPT: Final = 2000
"""Of all sites: many times what may be under way when a connection breaks."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file on this disk comes from.

    Attributes:
        generation: Of hosts; see ``video_database_state``.
        etag: Of the stored copy that it was made from or stored as.
        is_unsaved: Whether it holds what no stored copy does.
        saves: Names of the stored copies that it was, the newest last.
    """

    generation: int
    etag: str | None
    is_unsaved: bool
    saves: tuple[str, ...]


def read_origin(path: Path) -> Origin | None:
    """What the closed file says of itself; ``None`` if it was never a working copy.

    Raises:
        sqlite3.Error: it is damaged.
    """
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        known = "SELECT 1 FROM sqlite_master WHERE name = 'sync_saves'"
        if connection.execute(known).fetchone() is None:
            return None
        row = connection.execute(
            "SELECT generation, etag, is_unsaved FROM sync_copy WHERE id = 1"
        ).fetchone()
        saves = connection.execute("SELECT name FROM sync_saves ORDER BY number").fetchall()
    if row is None:
        return None
    return Origin(row[0], row[1], bool(row[2]), tuple(name for (name,) in saves))


def make_another(path: Path) -> None:
    """Give the closed file a site id of its own: what comes next is not what went on elsewhere."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        known = "SELECT 1 FROM sqlite_master WHERE name = 'crsql_site_id'"
        if connection.execute(known).fetchone() is not None:
            connection.execute(
                "UPDATE crsql_site_id SET site_id = ? WHERE ordinal = 0", (os.urandom(16),)
            )


def begin(database: SyncDatabase, generation: int, etag: str | None, *, is_unsaved: bool) -> str:
    """Take note that this is a working copy now; returns the name by which clients know it."""
    with database.transaction():
        for statement in _TABLES:
            database.execute(statement)
        database.execute(
            "INSERT INTO sync_copy (id, lineage, generation, etag, is_unsaved)"
            " VALUES (1, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " generation = excluded.generation, etag = excluded.etag,"
            " is_unsaved = excluded.is_unsaved",
            (_new_lineage(etag), generation, etag, int(is_unsaved)),
        )
        ((lineage,),) = database.execute("SELECT lineage FROM sync_copy WHERE id = 1")
    return f"{lineage}.{generation}"


def _new_lineage(etag: str | None) -> str:
    """For a file that is shared for the first time: the same wherever that is done."""
    return uuid.uuid4().hex if etag is None else hashlib.sha256(etag.encode()).hexdigest()[:32]


def note_unsaved(database: SyncDatabase) -> None:
    """Within the transaction of a change: no stored copy has it."""
    database.execute("UPDATE sync_copy SET is_unsaved = 1 WHERE id = 1 AND is_unsaved = 0")


def note_crop(database: SyncDatabase) -> None:
    """A person has moved the crop region; it is not proposed anew from now on."""
    database.execute("UPDATE sync_copy SET has_persons_crop = 1 WHERE id = 1")


def has_persons_crop(database: SyncDatabase) -> bool:
    """Whether a person has moved the crop region."""
    return database.execute("SELECT has_persons_crop FROM sync_copy WHERE id = 1") == [(1,)]


def begin_save(database: SyncDatabase) -> str:
    """Give what is about to be stored a name, so that it is known again if we do not hear of it."""
    name = uuid.uuid4().hex
    with database.transaction():
        database.execute("INSERT INTO sync_saves (name) VALUES (?)", (name,))
        database.execute(
            "DELETE FROM sync_saves WHERE number <= (SELECT max(number) FROM sync_saves) - ?",
            (_SAVES_KEPT,),
        )
    return name


def end_save(database: SyncDatabase, etag: str, *, is_unsaved: bool) -> None:
    """It is stored."""
    database.execute(
        "UPDATE sync_copy SET etag = ?, is_unsaved = ? WHERE id = 1", (etag, int(is_unsaved))
    )


def is_known(database: SyncDatabase, site_id: bytes, batch: str) -> bool:
    """Whether the batch of that site was taken."""
    found = database.execute(
        "SELECT 1 FROM sync_batches WHERE site_id = ? AND batch = ?", (site_id, batch)
    )
    return bool(found)


def note_batch(database: SyncDatabase, site_id: bytes, batch: str) -> None:
    """Within the transaction of the batch: it is taken."""
    database.execute("INSERT INTO sync_batches (site_id, batch) VALUES (?, ?)", (site_id, batch))
    database.execute(
        "DELETE FROM sync_batches WHERE number <= (SELECT max(number) FROM sync_batches) - ?",
        (_BATCHES_KEPT,),
    )


def last_batch(database: SyncDatabase, site_id: bytes) -> str | None:
    """The batch of that site that was taken last."""
    rows = database.execute(
        "SELECT batch FROM sync_batches WHERE site_id = ? ORDER BY number DESC LIMIT 1", (site_id,)
    )
    return str(rows[0][0]) if rows else None
