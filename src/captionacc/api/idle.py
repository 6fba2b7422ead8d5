"""Ends the process when it has not been of use for long enough, and nothing is left to do.

Nobody is sent away by that: first no new connection is let in, then it is looked whether anything
came in meanwhile, or is left to do, and only if not the server is told to end. Otherwise the exit
is called off.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from captionacc.api.gate import Gate
from captionacc.api.loopback import is_loopback
from captionacc.api.uploading import PART_URL_S
from captionacc.errors import CatalogError

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    import uvicorn

    from captionacc.api.services import Services

_LOOK_S: Final = 1.0
_ARRIVE_S: Final = 0.3
"""How long a connection that has begun may take until its request is here."""

_FRESH_S: Final = 10.0
"""How long one counts that has not sent a request."""

_ANSWER_S: Final = 2.0

_log = logging.getLogger(__name__)


class IdleExit:
    """Looks every second whether ``server`` may end.

    Args:
        services: Of the application that it serves.
        server: The server.
        sockets: Where it listens.
        after_s: Seconds without any use.
    """

    def __init__(
        self,
        services: Services,
        server: uvicorn.Server,
        sockets: Sequence[socket.socket],
        after_s: float,
    ) -> None:
        self._services = services
        self._activity = services.activity
        self._server = server
        self._gate = Gate(sockets)
        self._after_s = after_s
        self._connected_at: dict[object, float] = {}
        # Parts go past us, but not past a store that ends with us.
        host = urlsplit(services.access.endpoint or "").hostname
        self._uploads_since_s = PART_URL_S if is_loopback(host) else 0

    async def watch(self) -> None:
        """Return once the server was told to end."""
        while not self._server.should_exit:
            await asyncio.sleep(_LOOK_S)
            try:
                await self._look()
            except Exception:  # noqa: BLE001  # the edge of the task: told, and tried again
                _log.exception("nobody knows whether the process is needed")

    async def _look(self) -> None:
        self._note_connections()
        if self._activity.uses:
            return
        if self._services.copies.unsaved_count or await self._has_work():
            self._activity.touch()
        elif self._activity.idle_s >= self._after_s and await self._end():
            _log.info("nothing to do for %.0f s: the process ends itself", self._after_s)

    async def _end(self) -> bool:
        """Tell the server to end unless something comes up; returns whether it was told."""
        self._gate.shut()
        try:
            await asyncio.sleep(_ARRIVE_S)
            self._note_connections()
            if not await self._has_work() and self._is_unused():
                self._server.should_exit = True
        finally:
            if not self._server.should_exit:
                self._gate.open()
        return self._server.should_exit

    def _is_unused(self) -> bool:
        """Whether nobody has come, with a request or to send one."""
        fresh = time.monotonic() - _FRESH_S
        came = any(since > fresh for since in self._connected_at.values())
        is_saved = not self._services.copies.unsaved_count
        return is_saved and not came and self._activity.idle_s >= self._after_s

    def _note_connections(self) -> None:
        now = time.monotonic()
        self._connected_at = {
            one: self._connected_at.get(one, now) for one in self._server.server_state.connections
        }

    async def _has_work(self) -> bool:
        """Whether something is left to do; also if the ledger does not say."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                return await self._services.catalog.runs.has_work(self._uploads_since_s)
        except (CatalogError, TimeoutError) as error:
            _log.warning("the ledger does not say whether there is work: %r", error)
            return True
