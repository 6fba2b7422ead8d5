"""Delivers the webhooks that the embedded database has queued, as Supabase would its own."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import httpx

from captionacc.catalog.listen import Listener
from captionacc.catalog.outbox import OUTBOX_CHANNEL, Outbox
from captionacc.catalog.pool import open_catalog
from captionacc.errors import CatalogError

if TYPE_CHECKING:
    from captionacc.catalog.outbox import Delivery

_AT_ONCE: Final = 20
_LOOK_EVERY_S: Final = 5.0
_PAUSE_S: Final = 0.5

_log = logging.getLogger(__name__)


class WebhookDelivery:
    """A thread that delivers until it is stopped.

    Args:
        database_url: Whose webhooks.
    """

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """End soon; what is under way is left to the next one."""
        with suppress(RuntimeError):  # it never began, or has ended
            self._loop.call_soon_threadsafe(self._stopping.set)

    def join(self) -> None:
        """Return when it has ended."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_stopped())

    async def _until_stopped(self) -> None:
        work = asyncio.create_task(self._serve())
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work

    async def _serve(self) -> None:
        while True:
            try:
                await self._deliver_for_ever()
            except CatalogError as error:  # Postgres starts again
                _log.warning("webhooks wait: %s", error)
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
