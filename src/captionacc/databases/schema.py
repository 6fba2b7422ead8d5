"""Opening, making and migrating the per-video SQLite files, whichever kind they are.

Every file carries its schema's version in ``database_metadata``. A file of an older version is
brought forward, one version at a time and in one transaction each, when it is opened; so readers
and writers know one version only. How to change a schema: raise ``version`` by one, change
``tables`` to the new shape, and add the statements that lead there under the old version in
``migrations``.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import uuid4

from captionacc.databases.failures import database_failures
from captionacc.errors import InternalError, UnreadableDatabaseError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence
    from pathlib import Path

_METADATA: Final = """
CREATE TABLE database_metadata (schema_version INTEGER NOT NULL, created_at TEXT NOT NULL)
"""
_CRR_TABLE: Final = "crsql_master"


@dataclass(frozen=True, slots=True)
class Schema:
    """One kind of per-video database.

    Attributes:
        kind: Its name, as in messages.
        version: The version that ``tables`` describe, from 1.
        tables: The statements that make the current version.
        table_names: The tables that tell a file of this kind from another.
        migrations: For each older version, the statements that lead to the next.
    """

    kind: str
    version: int
    tables: tuple[str, ...]
    table_names: tuple[str, ...]
    migrations: Mapping[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])


class Statements(Protocol):
    """A database in a transaction: Python's SQLite, or a working copy's engine."""

    def execute(
        self, sql: str, parameters: Sequence[int | float | str | bytes | None] = ..., /
    ) -> Iterable[Any]:
        """The rows of one statement, each a sequence of values."""
        ...


def now() -> str:
    """The present in UTC, as the databases store times: ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@contextmanager
def new_database(path: Path, schema: Schema) -> Generator[sqlite3.Connection]:
    """A new, empty database that takes the place of ``path`` when the block ends well.

    Until then, and after a failure, whatever was at ``path`` stays as it is.

    Raises:
        DiskFullError: there is no space left.
        OutputNotWritableError: the folder refuses the file.
    """
    draft = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with database_failures(path, schema.kind):
            with closing(_connect(draft)) as connection, connection:
                connection.execute("BEGIN")
                _create(connection, schema)
                yield connection
            _fsync(draft)
            draft.replace(path)
    finally:
        for leftover in (draft, draft.with_name(f"{draft.name}-journal")):
            leftover.unlink(missing_ok=True)


@contextmanager
def open_database(path: Path, schema: Schema) -> Generator[sqlite3.Connection]:
    """The existing database ``path`` at the current version, in one transaction.

    The transaction is committed when the block ends well and rolled back otherwise.

    Raises:
        UnreadableDatabaseError: no file, damaged, of another kind, or of a newer version.
        DiskFullError: there is no space left.
        OutputNotWritableError: the file refuses writes.
    """
    if not path.is_file():
        raise UnreadableDatabaseError(f"There is no {schema.kind} database {path}.")
    with database_failures(path, schema.kind), closing(_connect(path)) as connection:
        _migrate(connection, schema, path)
        with connection:
            connection.execute("BEGIN")
            yield connection


def schema_version(connection: sqlite3.Connection) -> int:
    """The version in ``database_metadata``.

    Raises:
        UnreadableDatabaseError: the file holds none.
    """
    row = None
    if "database_metadata" in _table_names(connection):
        row = connection.execute("SELECT schema_version FROM database_metadata").fetchone()
    if row is None or not isinstance(row[0], int):
        raise UnreadableDatabaseError("The file is not one of our databases: it has no version.")
    return row[0]


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def _create(connection: sqlite3.Connection, schema: Schema) -> None:
    for statement in (_METADATA, *schema.tables):
        connection.execute(statement)
    connection.execute(
        "INSERT INTO database_metadata (schema_version, created_at) VALUES (?, ?)",
        (schema.version, now()),
    )


def _migrate(connection: sqlite3.Connection, schema: Schema, path: Path) -> None:
    found = schema_version(connection)
    if found > schema.version:
        raise UnreadableDatabaseError(
            f"{path} has version {found} of the {schema.kind} database; this program knows "
            f"{schema.version}.",
            "Use a newer version of the program.",
        )
    for version in range(found, schema.version):
        _step(connection, schema, version, path)
    names = _table_names(connection)
    if not names.issuperset(schema.table_names):
        raise UnreadableDatabaseError(f"{path} is not a {schema.kind} database.")


def _step(connection: sqlite3.Connection, schema: Schema, version: int, path: Path) -> None:
    """From ``version`` to the next, whole or not at all."""
    if version not in schema.migrations:
        raise InternalError(f"The {schema.kind} database has no migration from {version}.")
    if _CRR_TABLE in _table_names(connection):
        raise UnreadableDatabaseError(
            f"{path} is shared by CR-SQLite and has the old version {version}.",
            "Open it with the sync server, which migrates it.",
        )
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if schema_version(connection) != version:  # another process was faster
            return
        for statement in schema.migrations[version]:
            connection.execute(statement)
        connection.execute("UPDATE database_metadata SET schema_version = ?", (version + 1,))


def _table_names(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {row["name"] for row in rows}


def _fsync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
