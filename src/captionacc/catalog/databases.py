"""The per-video databases: stored copies, and the lease of the one who may write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from captionacc.catalog.queries import load
from captionacc.catalog.rows import to_database_state
from captionacc.errors import LeasedError, NotFoundError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.catalog.connecting import Row
    from captionacc.catalog.database import Database
    from captionacc.model.ids import TenantId, VideoId
    from captionacc.model.videos import DatabaseName, DatabaseState

COPIES_CHANNEL: Final = "captionacc_copies"
"""NOTIFY carries the id of a video of which a lease, or what is shown, has changed."""

_SQL = load("databases")
_MEASURES_SQL = load("measures")


class Databases:
    """``video_database_state``. All methods raise ``CatalogError``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def state(self, video_id: VideoId, database: DatabaseName) -> DatabaseState | None:
        """Where it stands; ``None`` if it was never stored nor leased."""
        row = await self._state(video_id, database)
        return None if row is None else to_database_state(row)

    async def acquire_lease(  # noqa: PLR0917  # each of another kind, in the order of a sentence
        self,
        video_id: VideoId,
        database: DatabaseName,
        tenant_id: TenantId,
        kind: Literal["user", "run"],
        holder: str,
        seconds: float,
        *,
        connection: str | None = None,
    ) -> DatabaseState:
        """Hold the lease for ``seconds`` from now; its holder renews it with the same call.

        Args:
            video_id: The video.
            database: Which of its databases.
            tenant_id: Whose video.
            kind: What the holder is.
            holder: The user's or the run's id.
            seconds: After which it expires.
            connection: Through which the holder writes; ``None`` leaves the holder's as it is.

        Raises:
            LeasedError: somebody else holds it.
            NotFoundError: there is no such video of this tenant.
        """
        row = await self._db.one(
            _SQL["acquire_lease"],
            video_id=video_id,
            database=database,
            tenant_id=tenant_id,
            kind=kind,
            holder=holder,
            seconds=seconds,
            connection=connection,
        )
        if row is None:
            await self._db.run(_MEASURES_SQL["lease_refused"], database=database, kind=kind)
            raise _leased(await self._state(video_id, database), tenant_id)
        return to_database_state(row)

    async def release(
        self, video_id: VideoId, database: DatabaseName, holder: str, generation: int
    ) -> None:
        """Give the lease back; nothing happens if it is somebody else's by now."""
        await self._db.run(
            _SQL["release"],
            video_id=video_id,
            database=database,
            holder=holder,
            generation=generation,
        )

    async def stored(
        self, video_id: VideoId, database: DatabaseName, tenant_id: TenantId, etag: str
    ) -> DatabaseState:
        """A new copy lies in the store: counts it.

        Raises:
            NotFoundError: there is no such video of this tenant.
        """
        rows = await self._db.all(
            _SQL["stored"], video_id=video_id, database=database, tenant_id=tenant_id, etag=etag
        )
        return to_database_state(rows[0])

    async def host(
        self,
        video_id: VideoId,
        database: DatabaseName,
        tenant_id: TenantId,
        host: str,
        seconds: float,
        *,
        predecessors: Sequence[str] = (),
    ) -> DatabaseState:
        """Have the working copy for ``seconds`` from now; the same call renews it.

        Args:
            video_id: The video.
            database: Which of its databases.
            tenant_id: Whose video.
            host: Our name.
            seconds: After which it expires.
            predecessors: Hosts that are no more, and whose copies we have.

        Raises:
            ServiceUnavailableError: another process has it.
            NotFoundError: there is no such video of this tenant.
        """
        row = await self._db.one(
            _SQL["host"],
            video_id=video_id,
            database=database,
            tenant_id=tenant_id,
            host=host,
            seconds=seconds,
            predecessors=list(predecessors),
        )
        if row is None:
            raise ServiceUnavailableError(
                f"Another server has the {database} of this video open.", "Try again."
            )
        return to_database_state(row)

    async def keep_hosting(self, host: str, seconds: float) -> set[tuple[VideoId, DatabaseName]]:
        """Renew all that ``host`` has; returns what that is."""
        rows = await self._db.all(_SQL["keep_hosting"], host=host, seconds=seconds)
        return {(row["video_id"], row["database"]) for row in rows}

    async def stop_hosting(self, video_id: VideoId, database: DatabaseName, host: str) -> None:
        """The stored copy is the newest one again; nothing happens if another has it by now."""
        await self._db.run(_SQL["stop_hosting"], video_id=video_id, database=database, host=host)

    async def _state(self, video_id: VideoId, database: DatabaseName) -> Row | None:
        return await self._db.one(_SQL["state"], video_id=video_id, database=database)


def _leased(row: Row | None, tenant_id: TenantId) -> LeasedError | NotFoundError:
    if row is not None and row["tenant_id"] != tenant_id:
        return NotFoundError("There is no such video.")
    if row is None or row["lease_holder"] is None:
        return LeasedError("Somebody else held it just now.", "Try again.")
    return LeasedError(
        f"It is held by {row['lease_kind']} {row['lease_holder']}"
        f" until {row['lease_expires_at']:%H:%M:%S %Z}.",
        "Try again when it is given back.",
    )
