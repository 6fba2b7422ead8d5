"""Delivers the webhooks that the embedded database has queued, as Supabase would its own."""

from __future__ import annotations

import asyncio
import logging
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final

import httpx
from anyio.from_thread import start_blocking_portal

from captionacc.catalog.listen import Listener
from captionacc.catalog.outbox import OUTBOX_CHANNEL, Outbox
from captionacc.catalog.pool import open_catalog
from captionacc.errors import CatalogError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from captionacc.catalog.outbox import Delivery

_AT_ONCE: Final = 20
_LOOK_EVERY_S: Final = 5.0
_PAUSE_S: Final = 0.5

_log = logging.getLogger(__name__)


class WebhookDelivery:
    """Delivers from a thread of its own until it is stopped.

    Args:
        database_url: Whose webhooks.
    """

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._running = ExitStack()
        self._work: Future[None] | None = None

    def start(self) -> None:
        """Begin, unless it has."""
        if self._work is None:
            portal = self._running.enter_context(start_blocking_portal())
            self._work = portal.start_task_soon(self._serve)

    def stop(self) -> None:
        """End; what is under way is left to the next one."""
        if self._work is not None:
            self._work.cancel()
        self._running.close()

    async def _serve(self) -> None:
        while True:
            try:
                await self._deliver_for_ever()
            except CatalogError as error:  # Postgres starts again
                _log.warning("webhooks wait: %s", error)
            except Exception:  # noqa: BLE001  # the edge of the thread
                _log.exception("webhooks wait")
            await asyncio.sleep(_PAUSE_S)

    async def _deliver_for_ever(self) -> None:
        wake = asyncio.Event()
        listening = asyncio.create_task(self._listen(wake))
        try:
            async with (
                open_catalog(self._database_url) as catalog,
                httpx.AsyncClient(trust_env=False) as http,
            ):
                while True:
                    wake.clear()
                    await _deliver_due(Outbox(catalog), http)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(wake.wait(), _LOOK_EVERY_S)
        finally:
            listening.cancel()

    async def _listen(self, wake: asyncio.Event) -> None:
        async with Listener(self._database_url, [OUTBOX_CHANNEL]) as listener:
            async for _ in listener.notifications():
                wake.set()


async def _deliver_due(outbox: Outbox, http: httpx.AsyncClient) -> None:
    while due := await outbox.due(_AT_ONCE):
        await asyncio.gather(*(_deliver(outbox, http, one) for one in due))


async def _deliver(outbox: Outbox, http: httpx.AsyncClient, one: Delivery) -> None:
    try:
        answer = await http.request(
            one.method,
            one.url,
            headers=one.headers,
            json=one.body,
            timeout=one.timeout_ms / 1000,
        )
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        _log.warning("webhook %d, attempt %d: %r", one.id, one.attempts, error)
        await outbox.failed(one.id, repr(error))
    else:
        await outbox.delivered(one.id)
