"""The outermost middleware: answers get an id and safe headers, and are counted; bugs are told."""

from __future__ import annotations

import logging
import time
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import MutableHeaders

from captionacc.api.problems import bug, problem_response
from captionacc.logs import about

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from captionacc.api.metrics import Metrics

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Unless the answer says otherwise, as a web page's does."""

_UNMATCHED: Final = "unmatched"
_LOOKING: Final = frozenset({"GET", "HEAD"})
_HEALTH: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked for again and again while something is missing."""

_log = logging.getLogger(__name__)


class Observing:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a bug becomes a problem with the request's id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer, began = _Answer(send), time.monotonic()
        with about(request_id=answer.request_id):
            try:
                await self._app(scope, receive, answer)
            except Exception:  # the edge of the process: logged and told
                _log.exception(
                    "request %s: %s %s", answer.request_id, scope["method"], scope["path"]
                )
                if answer.status is not None:
                    raise  # too late for another answer: the server hangs up
                await problem_response(bug(answer.request_id))(scope, receive, answer)
            finally:
                status = answer.status or HTTPStatus.INTERNAL_SERVER_ERROR
                self._metrics.count_request(_route(scope), status)
                _tell(scope, status, time.monotonic() - began)


class _Answer:
    """Adds the headers to an answer as it is sent, and remembers its status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.request_id = uuid.uuid4().hex
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    """One line for each request that changes something, or fails."""
    is_change = scope["method"] not in _LOOKING
    if is_change or (status >= HTTPStatus.BAD_REQUEST and scope["path"] not in _HEALTH):
        _log.info("%s %s: %d in %.3f s", scope["method"], scope["path"], status, seconds)


def _route(scope: Scope) -> str:
    route: Any = scope.get("route")
    return getattr(route, "path", _UNMATCHED)
