"""This machine's own addresses, and why a page of the web must not borrow them.

A browser sends a request for any name that resolves to 127.0.0.1 to us, also one that a hostile
page's DNS points there (DNS rebinding); the Host header still tells that name. So whoever listens
on this machine alone answers only to this machine's own names.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from captionacc.api.problems import problem_of, problem_response
from captionacc.errors import ForbiddenError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


def is_loopback(name: str | None) -> bool:
    """Whether a host's name or address can only be this machine."""
    if name is None:
        return False
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def host_of(authority: str) -> str | None:
    """The host in ``host``, ``host:port`` or ``[v6]:port``; ``None`` if it is none of them."""
    try:
        parts = urlsplit(f"//{authority}")
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname if parts.netloc == authority and not parts.username else None


def is_loopback_origin(origin: str) -> bool:
    """Whether a page with this Origin header was loaded from this machine."""
    scheme, _, authority = origin.partition("://")
    return scheme in {"http", "https"} and is_loopback(host_of(authority))


class OwnHostsOnly:
    """ASGI middleware that refuses requests that name another host.

    Args:
        app: What is protected.
        also: A further host that is ours, such as that of a proxy on this machine.
    """

    def __init__(self, app: ASGIApp, also: str | None = None) -> None:
        self._app = app
        self._also = also

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] in {"http", "websocket"} and not self._is_own(scope):
            error = ForbiddenError(
                "This server does not answer to the host that the request names.",
                "Use http://127.0.0.1 or http://localhost, or set CAPTIONACC_API_URL.",
            )
            await problem_response(problem_of(error))(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        host = host_of(Headers(scope=scope).get("host", ""))
        return is_loopback(host) or (host is not None and host == self._also)
