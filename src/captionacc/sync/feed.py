"""What a client has not seen of a working copy, at the client's pace."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from captionacc.sync import protocol
from captionacc.sync.channel import too_slow

if TYPE_CHECKING:
    from captionacc.sync.channel import Channel
    from captionacc.sync.working_copy import WorkingCopy

_PART: Final = 2000
"""Changes of one message; a transaction may have more."""

_SLACK_S: Final = 0.05


class Feed:
    """Sends a client what others change, a bounded number of changes ahead of its word.

    Args:
        channel: To the client.
        copy: The working copy.
        site_id: The client's own; its changes are not sent back.
    """

    def __init__(self, channel: Channel, copy: WorkingCopy, site_id: bytes) -> None:
        self.woken = asyncio.Event()
        self._channel = channel
        self._copy = copy
        self._site_id = site_id
        self._messages: list[str] = []
        self._sent = 0
        self._ahead: list[tuple[int, int]] = []  # of each page: place, number of changes
        self._heard_at = 0.0
        self._is_begun = False

    def begin(self, db_version: int) -> None:
        """The client has everything up to there."""
        self._sent = db_version

    def say(self, *messages: str) -> None:
        """Send these before the next changes."""
        self._messages += messages
        self.woken.set()

    def note_ack(self, db_version: int) -> None:
        """The client says that it has everything up to there."""
        self._ahead = [one for one in self._ahead if one[0] > db_version]
        self._heard_at = time.monotonic()
        self.woken.set()

    async def send(self) -> None:
        """Send what may be sent now.

        Raises:
            EndError: the client does not keep up.
            DisconnectedError: the client is gone.
        """
        self.woken.clear()
        messages, self._messages = self._messages, []
        for message in messages:
            await self._channel.send(message)
        limits = self._channel.limits
        if self._ahead and time.monotonic() - self._heard_at > limits.ack_s:
            raise too_slow("The client does not say how far it is.")
        if sum(count for _, count in self._ahead) < limits.changes_ahead:
            await self._send_page()

    async def wait(self, longest_s: float) -> None:
        """Until there may be something to send, or the time is over."""
        if self._ahead:
            longest_s = min(longest_s, self._channel.limits.ack_s)
        try:
            async with asyncio.timeout(max(longest_s, 0) + _SLACK_S):
                await self.woken.wait()
        except TimeoutError:
            return

    async def _send_page(self) -> None:
        page = await self._copy.changes_since(self._sent, self._site_id)
        if not page.changes and self._is_begun:
            self._sent = page.db_version
            return
        for start in range(0, max(len(page.changes), 1), _PART):
            part = page.changes[start : start + _PART]
            is_whole = start + _PART >= len(page.changes)
            reached = page.db_version if is_whole else self._sent
            text = protocol.changes(part, reached, is_last=page.is_last and is_whole)
            await self._channel.send(text)
        if not self._ahead:
            self._heard_at = time.monotonic()
        if page.changes:
            self._ahead.append((page.db_version, len(page.changes)))
        self._sent, self._is_begun = page.db_version, True
        if not page.is_last:
            self.woken.set()
