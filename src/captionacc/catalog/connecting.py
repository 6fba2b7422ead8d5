"""Connections to Postgres, and what its errors mean to the rest of us."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import AsyncConnection
from psycopg.adapt import AdaptersMap
from psycopg.rows import dict_row
from psycopg.types.json import JsonbDumper
from psycopg.types.string import TextLoader

from captionacc.errors import (
    CaptionAccError,
    CatalogError,
    ConflictError,
    InternalError,
    NotFoundError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Generator

Row = dict[str, Any]
Connection = AsyncConnection[Row]

_CONNECT_S: Final = 10
_NOT_ALLOWED: Final = "42501"  # the database is set up wrongly, not the statement
_HINT: Final = "See that Postgres runs, and that CAPTIONACC_DATABASE_URL names it."


def _adapters() -> AdaptersMap:
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_loader("uuid", TextLoader)  # our ids are str
    adapters.register_dumper(dict, JsonbDumper)
    return adapters


OPTIONS: Final[dict[str, Any]] = {
    "autocommit": True,
    "row_factory": dict_row,
    "context": _adapters(),
    "application_name": "captionacc",
    "connect_timeout": _CONNECT_S,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""Arguments of every connection: statements commit by themselves, and a lost peer is noticed."""


async def connect(database_url: str) -> Connection:
    """A connection of its own.

    Raises:
        CatalogError: Postgres cannot be reached, or refuses us.
    """
    with our_errors():
        return await AsyncConnection[Row].connect(database_url, **OPTIONS)


@contextmanager
def our_errors() -> Generator[None]:
    """Turn psycopg's errors into ours.

    Raises:
        CatalogError: Postgres failed or cannot be reached, or lacks our schema.
        NotFoundError: a row that the statement refers to does not exist.
        ConflictError: a row of that key exists.
        UsageError: a value that the schema refuses.
        InternalError: a statement of ours is wrong.
    """
    try:
        yield
    except psycopg.Error as error:
        raise _translated(error) from error


def _translated(error: psycopg.Error) -> CaptionAccError:
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    match error:
        case psycopg.errors.InvalidTextRepresentation() | psycopg.errors.ForeignKeyViolation():
            return NotFoundError("There is no such thing, or it is somebody else's.")
        case psycopg.errors.UniqueViolation():
            return ConflictError("It exists already.")
        case psycopg.DataError() | psycopg.IntegrityError():
            return UsageError(f"The catalog refuses a value: {reason}.")
        case psycopg.errors.UndefinedTable() | psycopg.errors.InvalidSchemaName():
            return CatalogError(
                f"The catalog has no schema: {reason}.", "Run `captionacc migrate`."
            )
        case psycopg.ProgrammingError() if error.sqlstate not in {None, _NOT_ALLOWED}:
            return InternalError(f"A statement to the catalog failed: {reason}.")
        case _:
            return CatalogError(f"Postgres failed: {reason}.", _HINT)
