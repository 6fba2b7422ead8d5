"""What this process is in use for, and since when it has not been."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from starlette.status import HTTP_400_BAD_REQUEST, HTTP_500_INTERNAL_SERVER_ERROR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NO_USE: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked for by machines, for as long as there is something to ask."""

_REFUSING_CODES: Final = range(4400, 4409)
"""With which a WebSocket is closed because of what the client sent, or did not send."""


class Activity:
    """Counts uses by their kind, all in one event loop.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._uses = Counter[str]()
        self._last_used = clock()

    @property
    def uses(self) -> Mapping[str, int]:
        """How many there are now, of each kind of which there are any."""
        return +self._uses

    @property
    def idle_s(self) -> float:
        """For how long there has been no use; 0 while there is one."""
        return 0.0 if self.uses else self._clock() - self._last_used

    def touch(self) -> None:
        """Something was of use just now."""
        self._last_used = self._clock()

    def enter(self, kind: str) -> None:
        """A use begins."""
        self._uses[kind] += 1

    def leave(self, kind: str) -> None:
        """A use ends; it leaves no trace unless it is told with :meth:`touch`."""
        self._uses[kind] -= 1


class Attendance:
    """ASGI middleware: requests and WebSockets are uses, except those for machines' sake.

    What is refused is a use only until it is answered, else whoever knocks at the doors of the
    whole internet would keep the process up.
    """

    def __init__(self, app: ASGIApp, activity: Activity) -> None:
        self._app = app
        self._activity = activity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        kind = _kind(scope)
        if kind is None:
            await self._app(scope, receive, send)
            return
        is_refused = False

        async def watch(message: Message) -> None:
            nonlocal is_refused
            is_refused = is_refused or _refuses(message)
            await send(message)

        self._activity.enter(kind)
        try:
            await self._app(scope, receive, watch)
        finally:
            self._activity.leave(kind)
            if not is_refused:
                self._activity.touch()


def _kind(scope: Scope) -> str | None:
    if scope["type"] == "websocket":
        return "sockets"
    is_request = scope["type"] == "http" and scope["path"] not in _NO_USE
    return "requests" if is_request else None


def _refuses(message: Message) -> bool:
    if message["type"] == "http.response.start":
        return HTTP_400_BAD_REQUEST <= message["status"] < HTTP_500_INTERNAL_SERVER_ERROR
    return message["type"] == "websocket.close" and message.get("code") in _REFUSING_CODES
