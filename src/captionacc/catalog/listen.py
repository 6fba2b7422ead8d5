"""Hears NOTIFY, for as long as it is wanted."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from captionacc.catalog.connecting import connect, our_errors
from captionacc.errors import CatalogError, UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from types import TracebackType
    from typing import Self

    from captionacc.catalog.connecting import Connection

_TRANSACTION_POOLER: Final = "6543"  # Supabase's
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0
_SILENCE_S: Final = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notification:
    """What was heard; an empty payload may stand for many that were missed."""

    channel: str
    payload: str


class Listener:
    """A connection that listens and, when it is lost, another one; an async context manager.

    Args:
        database_url: Postgres; no transaction pooler.
        channels: What to listen to.

    Raises:
        UsageError: it is a transaction pooler, through which nothing would ever be heard.
    """

    def __init__(self, database_url: str, channels: Sequence[str]) -> None:
        if conninfo_to_dict(database_url).get("port") == _TRANSACTION_POOLER:
            raise UsageError(
                "CAPTIONACC_DATABASE_URL is a transaction pooler (port 6543): it knows no LISTEN.",
                "Set it to the session pooler (port 5432) or to the direct connection.",
            )
        self._url = database_url
        self._channels = tuple(channels)
        self._connection: Connection | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._close()

    async def notifications(self) -> AsyncGenerator[Notification]:
        """All notifications, for ever; for each channel an empty one whenever listening begins.

        What happened while nobody listened is not told, so that is the moment to look.
        """
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                connection = await self._listen()
                for channel in self._channels:
                    yield Notification(channel, "")
                pause_s = _FIRST_PAUSE_S
                async for notification in _heard(connection):
                    yield notification
            except CatalogError as error:
                _log.warning("not listening: %s", error)
            await self._close()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _listen(self) -> Connection:
        connection = self._connection = await connect(self._url)  # closed whatever comes now
        with our_errors():
            for channel in self._channels:
                await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
        return connection

    async def _close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


async def _heard(connection: Connection) -> AsyncGenerator[Notification]:
    with our_errors():
        while True:
            async for notify in connection.notifies(timeout=_SILENCE_S):
                yield Notification(notify.channel, notify.payload)
            await connection.execute(b"")  # a peer that vanished would be silent for ever
