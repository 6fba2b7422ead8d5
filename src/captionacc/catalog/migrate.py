"""Brings a database to the newest schema, as the Supabase CLI would."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

import captionacc
from captionacc.catalog.connecting import connect, our_errors
from captionacc.catalog.queries import load
from captionacc.errors import CatalogError, InternalError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from captionacc.catalog.connecting import Connection

_SQL = load("migrations")
_PACKAGE: Final = Path(captionacc.__file__).parent
_PLACES: Final = (_PACKAGE / "supabase", _PACKAGE.parents[1] / "supabase")


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """Where the database tells of new videos, and the secret that it proves itself with."""

    url: str
    secret: str


async def migrate(
    database_url: str, *, webhook: WebhookTarget | None, embedded: bool
) -> tuple[str, ...]:
    """Apply what the database lacks; safe to run twice and at the same time.

    Args:
        database_url: The database, as its owner.
        webhook: Set anew each time; ``None`` leaves it as it is.
        embedded: Whether to add what Supabase brings itself.

    Returns:
        The versions that were applied.

    Raises:
        CatalogError: Postgres cannot be reached, or refuses a migration, which then is undone.
    """
    connection = await connect(database_url)
    async with connection:
        with our_errors():
            await connection.execute(_SQL["lock"])
            if embedded:
                await _apply_shims(connection)
            applied = await _apply_missing(connection)
            if webhook is not None:
                values = {"url": webhook.url, "secret": webhook.secret}
                await connection.execute(_SQL["set_webhook"], values)
    return applied


def sql_files(kind: str) -> list[Path]:
    """The files in ``supabase/<kind>/`` in their order, of a wheel or of the checkout.

    Raises:
        InternalError: they are not there.
    """
    for place in _PLACES:
        files = sorted((place / kind).glob("*.sql"))
        if files:
            return files
    raise InternalError(f"The installation lacks the SQL files of supabase/{kind}.")


async def _apply_shims(connection: Connection) -> None:
    for file in sql_files("embedded"):
        async with _whole(connection, file):
            await connection.execute(file.read_bytes())


async def _apply_missing(connection: Connection) -> tuple[str, ...]:
    await connection.execute(_SQL["prepare"])
    cursor = await connection.execute(_SQL["applied"])
    known = {row["version"] for row in await cursor.fetchall()}
    missing = [file for file in sql_files("migrations") if _version(file) not in known]
    for file in missing:
        await _apply(connection, file)
    return tuple(_version(file) for file in missing)


async def _apply(connection: Connection, file: Path) -> None:
    statements = file.read_bytes()  # noqa: ASYNC240  # small, and nothing else runs meanwhile
    values = {"version": _version(file), "name": _name(file), "statements": statements.decode()}
    async with _whole(connection, file):
        await connection.execute(statements)
        await connection.execute(_SQL["record"], values)


@asynccontextmanager
async def _whole(connection: Connection, file: Path) -> AsyncGenerator[None]:
    """All of the file, or nothing."""
    try:
        async with connection.transaction():
            yield
    except psycopg.Error as error:
        raise CatalogError(
            f"{file.name} cannot be applied: {error}.", "Nothing of it was; the rest was not tried."
        ) from error


def _version(file: Path) -> str:
    return file.stem.partition("_")[0]


def _name(file: Path) -> str:
    return file.stem.partition("_")[2]
