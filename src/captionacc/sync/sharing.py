"""Opening a per-video database so that it shares its changes, whatever it was before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from captionacc.databases.captions import SCHEMA as CAPTIONS
from captionacc.databases.layout import SCHEMA as LAYOUT
from captionacc.errors import InternalError, UnreadableDatabaseError
from captionacc.sync.engine.database import SyncDatabase
from captionacc.sync.engine.failures import SqliteError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from captionacc.databases.schema import Schema
    from captionacc.model.videos import DatabaseName

SCHEMAS: Final[Mapping[DatabaseName, Schema]] = {"layout": LAYOUT, "captions": CAPTIONS}


def open_shared(path: Path, name: DatabaseName) -> SyncDatabase:
    """The existing database ``path`` at the current version, with its tables shared.

    A file that was never shared keeps its rows, and each of them counts as a change made here.

    Raises:
        ConflictError: another process has it open.
        UnreadableDatabaseError: no file, damaged, of another kind, or of a newer version.
        MissingDependencyError: the engine is not in place.
    """
    schema = SCHEMAS[name]
    if not path.is_file():
        raise UnreadableDatabaseError(f"There is no {schema.kind} database {path}.")
    database = SyncDatabase(path)
    try:
        _migrate(database, schema)
        _share(database, schema)
    except BaseException:
        database.abandon()
        raise
    return database


def _share(database: SyncDatabase, schema: Schema) -> None:
    shared = database.shared_tables
    with database.transaction():
        for table in schema.table_names:
            if table not in shared:
                database.execute("SELECT crsql_as_crr(?)", (table,))


def _migrate(database: SyncDatabase, schema: Schema) -> None:
    found = _version(database, schema)
    if found > schema.version:
        raise UnreadableDatabaseError(
            f"{database.path} has version {found} of the {schema.kind} database; this program "
            f"knows {schema.version}.",
            "Use a newer version of the program.",
        )
    for version in range(found, schema.version):
        if version not in schema.migrations:
            raise InternalError(f"The {schema.kind} database has no migration from {version}.")
        _step(database, schema, version)


def _step(database: SyncDatabase, schema: Schema, version: int) -> None:
    """From ``version`` to the next, whole or not at all; CR-SQLite is told of it."""
    shared = sorted(database.shared_tables)
    with database.transaction():
        for table in shared:
            database.execute("SELECT crsql_begin_alter(?)", (table,))
        for statement in schema.migrations[version]:
            database.execute(statement)
        for table in shared:
            database.execute("SELECT crsql_commit_alter(?)", (table,))
        database.execute("UPDATE database_metadata SET schema_version = ?", (version + 1,))


def _version(database: SyncDatabase, schema: Schema) -> int:
    try:
        rows = database.execute("SELECT schema_version FROM database_metadata")
        for table in schema.table_names:
            database.execute(f"SELECT 1 FROM {table} LIMIT 0")  # noqa: S608  # one of ours
    except SqliteError as error:
        raise UnreadableDatabaseError(
            f"{database.path} is not a {schema.kind} database."
        ) from error
    version = rows[0][0] if rows else None
    if not isinstance(version, int):
        raise UnreadableDatabaseError(f"{database.path} has no version.")
    return version
