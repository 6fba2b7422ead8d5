"""Messages over one socket, within the limits that a client is held to."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

from captionacc.errors import BadInputError, CaptionAccError, ServiceUnavailableError
from captionacc.sync import protocol

if TYPE_CHECKING:
    from captionacc.sync.protocol import Limits, Message


class Socket(Protocol):
    """A WebSocket."""

    async def receive(self) -> str | bytes:
        """The next message.

        Raises:
            DisconnectedError: there is none any more.
        """
        ...

    async def send(self, message: str | bytes) -> None:
        """Send a message; waits while the client takes nothing.

        Raises:
            DisconnectedError: the client is gone.
        """
        ...

    async def close(self, code: int) -> None:
        """End the connection."""
        ...


class DisconnectedError(Exception):
    """The client is gone.

    Attributes:
        is_orderly: Whether it said so.
    """

    def __init__(self, *, is_orderly: bool) -> None:
        super().__init__()
        self.is_orderly = is_orderly


class EndError(Exception):
    """The connection ends, with this close code and reason."""

    def __init__(self, code: int, reason: CaptionAccError) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


def too_slow(what: str) -> EndError:
    """The client does not keep up."""
    return EndError(protocol.TOO_SLOW, ServiceUnavailableError(what, "Connect again."))


class Channel:
    """Messages of one client; one task receives, several may send."""

    def __init__(self, socket: Socket, limits: Limits) -> None:
        self.limits = limits
        self._socket = socket
        self._sending = asyncio.Lock()
        self._credit = float(limits.messages_at_once)
        self._counted_at = time.monotonic()

    async def receive(self, within_s: float) -> Message:
        """The client's next message.

        Raises:
            BadInputError: it is not in order.
            EndError: it is too large, too late, or one too many.
            DisconnectedError: the client is gone.
        """
        try:
            async with asyncio.timeout(within_s):
                received = await self._socket.receive()
        except TimeoutError:
            raise too_slow("The client says nothing.") from None
        self._count()
        if isinstance(received, bytes):
            raise BadInputError("A message is not a text.")
        if len(received.encode(errors="replace")) > self.limits.message_bytes:
            too_large = BadInputError(f"A message has at most {self.limits.message_bytes} bytes.")
            raise EndError(protocol.TOO_LARGE, too_large)
        return protocol.parse(received)

    async def send(self, message: str | bytes) -> None:
        """Send a message.

        Raises:
            EndError: the client does not take it.
            DisconnectedError: the client is gone.
        """
        try:
            async with asyncio.timeout(self.limits.send_s), self._sending:
                await self._socket.send(message)
        except TimeoutError:
            raise too_slow("The client takes nothing.") from None

    async def finish(self, code: int, reason: CaptionAccError) -> None:
        """Tell why, and end the connection."""
        try:
            async with asyncio.timeout(self.limits.send_s):
                await self._socket.send(protocol.failure(reason))
                await self._socket.close(code)
        except (DisconnectedError, TimeoutError):
            return

    def _count(self) -> None:
        """A token bucket."""
        now = time.monotonic()
        earned = (now - self._counted_at) * self.limits.messages_per_s
        self._credit = min(self._credit + earned, self.limits.messages_at_once)
        self._counted_at = now
        if self._credit < 1:
            too_fast = ServiceUnavailableError("Too many messages.", "Wait a little.")
            raise EndError(protocol.TOO_FAST, too_fast)
        self._credit -= 1
