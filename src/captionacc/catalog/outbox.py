"""Database webhooks that wait to be delivered; only where we stand in for Supabase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter

from captionacc.catalog.queries import load

if TYPE_CHECKING:
    from captionacc.catalog.pool import Catalog

OUTBOX_CHANNEL: Final = "captionacc_outbox"
"""NOTIFY on each new delivery."""

_SQL = load("outbox")
_MOST_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request to be made.

    Attributes:
        headers: Of the request.
        body: To be sent as JSON.
        timeout_ms: How long to wait for the answer.
        attempts: Including this one.
    """

    id: int
    url: str
    method: str
    headers: dict[str, str]
    body: dict[str, Any]
    timeout_ms: int
    attempts: int


_DELIVERY: Final = TypeAdapter(Delivery)


class Outbox:
    """``supabase_functions.outbox``. All methods raise ``CatalogError``."""

    def __init__(self, catalog: Catalog) -> None:
        self._db = catalog.database

    async def due(self, limit: int) -> list[Delivery]:
        """Take deliveries; what is neither delivered nor failed in time becomes due again."""
        rows = await self._db.all(_SQL["due"], limit=limit)
        return [_DELIVERY.validate_python(row) for row in rows]

    async def delivered(self, delivery_id: int) -> None:
        """It was accepted, and is forgotten."""
        await self._db.run(_SQL["delivered"], delivery_id=delivery_id)

    async def failed(self, delivery_id: int, error: str) -> None:
        """Try it again after a pause, or give it up after the third attempt."""
        await self._db.run(
            _SQL["failed"], delivery_id=delivery_id, error=error, most=_MOST_ATTEMPTS
        )
