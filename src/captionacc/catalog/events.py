"""What changed, in the order in which transactions settle, so that no reader skips anything.

An event appears when its transaction and all that began to write before it have ended: a moment
after its NOTIFY at the latest, if those are short. Who is woken should look again soon after.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from captionacc.catalog.queries import load
from captionacc.errors import UsageError
from captionacc.model.ids import RunId, VideoId

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from captionacc.catalog.connecting import Row
    from captionacc.catalog.database import Database
    from captionacc.model.ids import TenantId

EVENTS_CHANNEL: Final = "captionacc_events"
"""NOTIFY carries the tenant's id."""

_SQL = load("events")
_BEGINNING: Final = "0-0"
_POSITION: Final = re.compile(r"(\d{1,19})-(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Event:
    """One change.

    Attributes:
        id: Its position in the tenant's order of events.
        payload: The video's row, the run's state and progress, or what changed in captions.
    """

    id: str
    kind: Literal["video", "run", "captions"]
    video_id: VideoId
    run_id: RunId | None
    payload: dict[str, Any]
    at: datetime


class Events:
    """``events``. All methods raise ``CatalogError``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def since(self, tenant_id: TenantId, position: str, limit: int) -> list[Event]:
        """The next events of the tenant after ``position``, the id of an earlier one.

        Raises:
            UsageError: ``position`` is no event's id.
        """
        rows = await self._db.all(
            _SQL["since"], tenant_id=tenant_id, limit=limit, **_columns(position)
        )
        return [_to_event(row) for row in rows]

    async def is_held_back(self, tenant_id: TenantId, position: str) -> bool:
        """Whether there are events after ``position``, be it that their turn has not come yet.

        Raises:
            UsageError: ``position`` is no event's id.
        """
        rows = await self._db.all(_SQL["is_held_back"], tenant_id=tenant_id, **_columns(position))
        return rows[0]["is_held_back"]

    async def latest(self, tenant_id: TenantId) -> str:
        """The position after which everything is new."""
        row = await self._db.one(_SQL["latest"], tenant_id=tenant_id)
        return _BEGINNING if row is None else _to_event(row).id

    async def captions(
        self, tenant_id: TenantId, video_id: VideoId, payload: Mapping[str, Any]
    ) -> None:
        """Tell that ``captions.db`` of a video has changed."""
        await self._db.one(
            _SQL["captions"], tenant_id=tenant_id, video_id=video_id, payload=dict(payload)
        )

    async def prune(self, older_than: timedelta) -> int:
        """Forget what is older; returns how many events."""
        return await self._db.run(_SQL["prune"], older_than=older_than)


def _columns(position: str) -> dict[str, str | int]:
    match = _POSITION.fullmatch(position)
    if match is None:
        raise UsageError(f"{position!r} is no event's id.", "Begin without one.")
    return {"xact": match[1], "id": int(match[2])}


def _to_event(row: Row) -> Event:
    return Event(
        id=f"{row['xact']}-{row['id']}",
        kind=row["kind"],
        video_id=VideoId(row["video_id"]),
        run_id=None if row["run_id"] is None else RunId(row["run_id"]),
        payload=row["payload"],
        at=row["at"],
    )
