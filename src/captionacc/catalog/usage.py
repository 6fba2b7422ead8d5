"""What work took."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from captionacc.catalog.queries import load

if TYPE_CHECKING:
    from captionacc.catalog.database import Database
    from captionacc.model.ids import RunId, TenantId, VideoId

_SQL = load("records")


class Usage:
    """``usage``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def add(  # noqa: PLR0917  # each of another type
        self,
        tenant_id: TenantId,
        video_id: VideoId,
        run_id: RunId,
        resource: str,
        seconds: float,
        cost_usd: Decimal = Decimal(0),
    ) -> None:
        """Note that a run had ``resource``, such as ``local`` or ``T4``, for ``seconds``.

        Raises:
            CatalogError: Postgres failed.
        """
        await self._db.run(
            _SQL["usage"],
            tenant_id=tenant_id,
            video_id=video_id,
            run_id=run_id,
            resource=resource,
            seconds=seconds,
            cost_usd=cost_usd,
        )
