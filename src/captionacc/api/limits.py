"""How much a client may send, and how often."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from captionacc.api.problems import problem_of_status, problem_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from captionacc.model.ids import VideoId

_KIB: Final = 1 << 10
_BODY_BYTES: Final = 64 * _KIB
_BODY_BYTES_BELOW: Final = {
    "/v1/webhooks/": 256 * _KIB,
    "/v1/internal/": 4096 * _KIB,
}
_DRAINED_BYTES: Final = 4096 * _KIB
"""What is read of a body that is refused, so that a client that writes first hears why."""


def body_limit(path: str) -> int:
    """The largest body in bytes that this path takes."""
    for prefix, limit in _BODY_BYTES_BELOW.items():
        if path.startswith(prefix):
            return limit
    return _BODY_BYTES


class BodyLimit:
    """ASGI middleware that holds a request's body, and refuses one that is too large with 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its whole body, or refuse it."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return
        limit = body_limit(scope["path"])
        announced = Headers(scope=scope).get("content-length", "0")
        body = await _read(receive, limit) if int(announced) <= limit + _DRAINED_BYTES else None
        if body is None:
            problem = problem_of_status(413, f"A body here has at most {limit} bytes.")
            await problem_response(problem, {"Connection": "close"})(scope, receive, send)
        else:
            await self._app(scope, _replaying(body, receive), send)


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The body; ``None`` if it is larger than ``limit``, or its end never came."""
    body = bytearray()
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        piece = message.get("body", b"")
        size += len(piece)
        if size <= limit:
            body += piece
        if not message.get("more_body", False) or size > limit + _DRAINED_BYTES:
            return bytes(body) if size <= limit else None


def _replaying(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


class VideoLocks:
    """One lock for each video, while somebody has it or waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[VideoId, asyncio.Lock] = WeakValueDictionary()

    def of(self, video_id: VideoId) -> asyncio.Lock:
        """The video's lock; hold on to it while it is needed."""
        return self._locks.setdefault(video_id, asyncio.Lock())


class RateLimit:
    """A token bucket: ``burst`` at once, then ``per_s`` each second.

    Args:
        burst: How many may come at once.
        per_s: How many a second in the long run.
        clock: Seconds that only grow.
    """

    def __init__(
        self, burst: int, per_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._per_s = per_s
        self._clock = clock
        self._left = float(burst)
        self._seen = clock()

    def take(self) -> None:
        """Count one.

        Raises:
            HTTPException: 429, there were too many.
        """
        now = self._clock()
        self._left = min(self._left + (now - self._seen) * self._per_s, self._burst)
        self._seen = now
        if self._left < 1:
            raise HTTPException(429, "Too many requests.", {"Retry-After": "1"})
        self._left -= 1
