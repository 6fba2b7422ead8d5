"""The way into the catalog."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from psycopg import Error
from psycopg_pool import AsyncConnectionPool

from captionacc.catalog.audit import Audit
from captionacc.catalog.connecting import OPTIONS, Connection, connect, our_errors
from captionacc.catalog.database import Database
from captionacc.catalog.databases import Databases
from captionacc.catalog.deleted_videos import DeletedVideos
from captionacc.catalog.deployment import Deployment
from captionacc.catalog.events import Events
from captionacc.catalog.holds import Holds
from captionacc.catalog.measures import Measures
from captionacc.catalog.runs import Runs
from captionacc.catalog.tenants import Tenants
from captionacc.catalog.uploads import Uploads
from captionacc.catalog.usage import Usage
from captionacc.catalog.versions import Versions
from captionacc.catalog.videos import Videos

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

_MAX_CONNECTIONS: Final = 10
_WAIT_S: Final = 10.0
_RECONNECT_S: Final = 5.0  # then whoever needs a connection tries anew, without a grown pause

# One transaction that stays open would hold every event back.
_CONFIGURE: Final = (
    b"set idle_in_transaction_session_timeout = '60s'; set statement_timeout = '60s'"
)


class Catalog:
    """The repositories.

    Attributes:
        tenants: Tenants and their members.
        holds: Why a tenant's queue stands still.
        videos: Videos.
        deleted: Videos that were deleted.
        runs: The ledger of work.
        versions: Crop-frames versions of videos.
        databases: Leases and stored copies of the per-video databases.
        uploads: Multipart uploads.
        events: What changed, for whoever listens.
        audit: Who did what.
        usage: What it took.
        deployment: What the database is set up with.
        measures: Figures for the operator.
        database: Runs statements, for repositories alone.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tenants = Tenants(database)
        self.holds = Holds(database)
        self.videos = Videos(database)
        self.deleted = DeletedVideos(database)
        self.runs = Runs(database)
        self.versions = Versions(database)
        self.databases = Databases(database)
        self.uploads = Uploads(database)
        self.events = Events(database)
        self.audit = Audit(database)
        self.usage = Usage(database)
        self.deployment = Deployment(database)
        self.measures = Measures(database)

    async def check(self) -> None:
        """Nothing, if Postgres answers.

        Raises:
            CatalogError: it does not.
        """
        await self.database.run(b"select")

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Catalog]:
        """The same on one connection: committed at the end, undone after an error.

        Raises:
            CatalogError: Postgres failed or cannot be reached.
        """
        async with self.database.transaction() as database:
            yield Catalog(database)


@asynccontextmanager
async def open_catalog(database_url: str) -> AsyncGenerator[Catalog]:
    """The catalog, for the block; connections that get lost are replaced.

    Raises:
        CatalogError: Postgres cannot be reached, or refuses us.
    """
    await (await connect(database_url)).close()  # the pool would only say that it waited in vain

    async def check(connection: Connection) -> None:
        """One that is lost was not lost alone, and the pool would try them ever more slowly."""
        try:
            await connection.execute(b"")
        except Error:
            await pool.drain()
            raise

    pool = AsyncConnectionPool[Connection](
        database_url,
        kwargs=OPTIONS,
        min_size=1,
        max_size=_MAX_CONNECTIONS,
        timeout=_WAIT_S,
        open=False,
        configure=_configure,
        check=check,
        reconnect_timeout=_RECONNECT_S,
        name="catalog",
    )
    async with pool:
        with our_errors():
            await pool.wait(_WAIT_S)
        yield Catalog(Database(pool.connection))


async def _configure(connection: Connection) -> None:
    await connection.execute(_CONFIGURE)
