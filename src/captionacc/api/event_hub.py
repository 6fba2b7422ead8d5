"""Who waits for live events: one listener for the process wakes the streams of a tenant."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from captionacc.catalog.events import EVENTS_CHANNEL
from captionacc.catalog.listen import Listener

if TYPE_CHECKING:
    from collections.abc import Generator

    from captionacc.model.ids import TenantId

_STREAMS_OF_TENANT: Final = 100


class EventHub:
    """Streams that wait, by tenant."""

    def __init__(self) -> None:
        self._waiting = defaultdict[str, set[asyncio.Event]](set)

    async def run(self, database_url: str) -> None:
        """Wake streams as the database tells, until cancelled."""
        async with Listener(database_url, [EVENTS_CHANNEL]) as listener:
            async for notification in listener.notifications():
                self.wake(notification.payload)

    def wake(self, tenant_id: str) -> None:
        """Wake the tenant's streams; all of them for an empty id."""
        for tenant in [tenant_id] if tenant_id else list(self._waiting):
            for woken in self._waiting.get(tenant, ()):
                woken.set()

    @contextmanager
    def waiting(self, tenant_id: TenantId) -> Generator[asyncio.Event]:
        """An event that is set whenever there may be something new.

        Raises:
            HTTPException: 429, the tenant has too many streams open.
        """
        woken = asyncio.Event()
        streams = self._waiting[tenant_id]
        if len(streams) >= _STREAMS_OF_TENANT:
            raise HTTPException(429, "Too many event streams are open.", {"Retry-After": "5"})
        streams.add(woken)
        try:
            yield woken
        finally:
            streams.discard(woken)
            if not streams:
                self._waiting.pop(tenant_id, None)
