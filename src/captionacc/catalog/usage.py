"""What work took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captionacc.catalog.queries import load

if TYPE_CHECKING:
    from decimal import Decimal

    from captionacc.catalog.database import Database
    from captionacc.model.runs import Run

_SQL = load("records")


class Usage:
    """``usage``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def add(
        self, run: Run, call_id: str, resource: str, seconds: float, cost_usd: Decimal
    ) -> None:
        """Note that a compute call of ``run`` had ``resource``, such as ``local`` or ``T4``.

        A call that is noted already is not noted again.

        Raises:
            CatalogError: Postgres failed.
        """
        await self._db.run(
            _SQL["usage"],
            tenant_id=run.tenant_id,
            video_id=run.video_id,
            run_id=run.id,
            call_id=call_id,
            resource=resource,
            seconds=seconds,
            cost_usd=cost_usd,
        )
