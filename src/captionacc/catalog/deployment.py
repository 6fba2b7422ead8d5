"""What a database is set up with, as ``captionacc deploy-check`` looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from captionacc.catalog.connecting import connect, our_errors
from captionacc.catalog.migrate import sql_files
from captionacc.catalog.queries import load

if TYPE_CHECKING:
    from captionacc.catalog.database import Database

_SQL: Final = load("deployment")
_HEARD_WITHIN_S: Final = 3.0
_URL, _METHOD, _HEADERS = range(3)


@dataclass(frozen=True, slots=True)
class Webhook:
    """The trigger that tells of new videos: its address and its headers as JSON."""

    url: str
    headers: str


class Deployment:
    """Reads the system's own tables. All methods raise ``CatalogError``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def clock_s(self) -> float:
        """The server's time in seconds since 1970."""
        rows = await self._db.all(_SQL["clock"])
        return float(rows[0]["seconds"])

    async def missing_migrations(self) -> list[str]:
        """Versions that were not applied, oldest first."""
        applied = {row["version"] for row in await self._db.all(_SQL["applied"])}
        versions = [path.stem.partition("_")[0] for path in sql_files("migrations")]
        return [version for version in versions if version not in applied]

    async def open_tables(self) -> list[str]:
        """Our tables without row-level security."""
        return [row["name"] for row in await self._db.all(_SQL["open_tables"])]

    async def unpublished_tables(self) -> list[str]:
        """Tables whose changes Realtime should tell and does not."""
        return [row["name"] for row in await self._db.all(_SQL["unpublished"])]

    async def webhook(self) -> Webhook | None:
        """The webhook, if there is one and it is enabled."""
        row = await self._db.one(_SQL["webhook"])
        if row is None:
            return None
        return Webhook(row["arguments"][_URL], row["arguments"][_HEADERS])

    async def has_sign_up_trigger(self) -> bool:
        """Whether whoever signs up becomes a member of a tenant."""
        return await self._db.one(_SQL["has_sign_up_trigger"]) is not None


async def hears_notifications(database_url: str) -> bool:
    """Whether a connection to this address can LISTEN; one through a transaction pooler cannot.

    Raises:
        CatalogError: Postgres cannot be reached.
    """
    listener, speaker = await connect(database_url), await connect(database_url)
    async with listener, speaker:
        with our_errors():
            await listener.execute(_SQL["listen"])
            await speaker.execute(_SQL["notify"])
            async for _ in listener.notifies(timeout=_HEARD_WITHIN_S, stop_after=1):
                return True
    return False
