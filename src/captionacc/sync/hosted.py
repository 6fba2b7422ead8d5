"""A working copy in the hands of its host: its lease, its edits, and how often what is done."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from captionacc.sync.leases import LeaseTimes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.model.videos import Video
    from captionacc.sync.changes import Change
    from captionacc.sync.leases import LeaseBook
    from captionacc.sync.working_copy import WorkingCopy


@dataclass(frozen=True, slots=True)
class CopyTimes:
    """In seconds.

    Attributes:
        look_s: How often the copies are looked after.
        host_s: How long a copy stays ours if we cannot renew that.
        renew_s: How often it is renewed.
        quiet_s: After which pause of changes a copy is stored.
        unsaved_s: After which time it is stored even if changes go on.
        retry_s: How long after a failure it is tried again.
        unused_s: After which an unused copy is closed.
        react_s: After which pause of edits they are reacted to.
        lease: Of leases.
    """

    look_s: float = 0.2
    host_s: float = 60.0
    renew_s: float = 15.0
    quiet_s: float = 3.0
    unsaved_s: float = 20.0
    retry_s: float = 5.0
    unused_s: float = 60.0
    react_s: float = 0.2
    lease: LeaseTimes = field(default_factory=LeaseTimes)


class Reactions:
    """What follows from changes of working copies; by default nothing."""

    async def shown(self, copy: WorkingCopy, video: Video) -> None:
        """The copy is going to be used, or what the video shows has changed."""

    async def edited(self, copy: WorkingCopy, changes: Sequence[Change] | None) -> None:
        """Clients have made these changes; ``None`` if it is not known which."""


class HostedCopy:
    """A working copy with its lease, and what its edits lead to."""

    def __init__(self, copy: WorkingCopy, leases: LeaseBook) -> None:
        self.copy = copy
        self.leases = leases
        self.edits: list[Change] = []
        self.edited_at = 0.0
        self.is_recovered = copy.is_unsaved  # another process may have died before it reacted
        self.retry_at = 0.0
        self.saving: asyncio.Task[None] | None = None
        self.reacting: asyncio.Task[None] | None = None
        self.is_closing = False
        self.closed = asyncio.Event()

    def note_edits(self, changes: Sequence[Change]) -> None:
        """Clients have made these changes."""
        self.edits += changes
        self.edited_at = time.monotonic()
