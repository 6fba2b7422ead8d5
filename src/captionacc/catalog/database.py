"""Runs statements, each on a connection of the pool, or all on that of one transaction."""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from captionacc.catalog.connecting import Connection, Row, our_errors

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from contextlib import AbstractAsyncContextManager


class Database:
    """What the repositories work with. All methods raise what ``our_errors`` lists.

    Args:
        acquire: Lends a connection for a block.
    """

    def __init__(self, acquire: Callable[[], AbstractAsyncContextManager[Connection]]) -> None:
        self._acquire = acquire

    async def all(self, query: bytes, **values: Any) -> list[Row]:  # noqa: ANN401  # any column's
        """All rows."""
        with our_errors():
            async with self._acquire() as connection:
                cursor = await connection.execute(query, values)
                return await cursor.fetchall()

    async def one(self, query: bytes, **values: Any) -> Row | None:  # noqa: ANN401  # as above
        """The first row, if there is one."""
        with our_errors():
            async with self._acquire() as connection:
                cursor = await connection.execute(query, values)
                return await cursor.fetchone()

    async def run(self, query: bytes, **values: Any) -> int:  # noqa: ANN401  # as above
        """How many rows the statement wrote."""
        with our_errors():
            async with self._acquire() as connection:
                return (await connection.execute(query, values)).rowcount

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Database]:
        """All statements on one connection; committed at the end, undone after an error."""
        with our_errors():
            async with self._acquire() as connection, connection.transaction():
                yield Database(lambda: nullcontext(connection))
