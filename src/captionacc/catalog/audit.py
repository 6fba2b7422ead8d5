"""Who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from captionacc.catalog.queries import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from captionacc.catalog.database import Database
    from captionacc.model.ids import TenantId, UserId, VideoId

_SQL = load("records")


class Audit:
    """``audit_log``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def record(
        self,
        tenant_id: TenantId,
        user_id: UserId | None,
        action: str,
        video_id: VideoId | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Note an action of a user, or of the system itself for ``None``.

        Raises:
            CatalogError: Postgres failed.
        """
        await self._db.run(
            _SQL["audit"],
            tenant_id=tenant_id,
            user_id=user_id,
            action=action,
            video_id=video_id,
            detail=dict(detail or {}),
        )
