"""Lets nothing begin while the disk is full, and says so, until there is space again."""

from __future__ import annotations

import asyncio
import logging
import shutil
from typing import TYPE_CHECKING, Final

from captionacc.catalog.holds import HoldKind
from captionacc.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from captionacc.catalog.pool import Catalog

_EVERY_S: Final = 5.0
_AGAIN: Final = 1.25
"""How many times the least there must be before work goes on, or it would stop at once again."""

_log = logging.getLogger(__name__)


class DiskGuard:
    """Knows whether there is space for more work.

    Args:
        folders: Where work and services write; they need not be there yet.
        least_bytes: Free space under which nothing begins.
    """

    def __init__(self, folders: Sequence[Path], least_bytes: int) -> None:
        self._folders = folders
        self.least_bytes = least_bytes
        self._is_full = False

    @property
    def is_full(self) -> bool:
        """Whether nothing may begin now."""
        needed = self.least_bytes * (_AGAIN if self._is_full else 1)
        self._is_full = self.free_bytes < needed
        return self._is_full

    @property
    def free_bytes(self) -> int:
        """On the fullest of the disks."""
        return min(shutil.disk_usage(_existing(folder)).free for folder in self._folders)

    @property
    def reason(self) -> str:
        """Why work waits, for a person."""
        free, least = (number >> 20 for number in (self.free_bytes, self.least_bytes))
        return f"The disk is full: {free} MB are free, and {least} MB are needed to begin."

    async def watch(self, catalog: Catalog, wake: Callable[[], None]) -> None:
        """Tell those who wait why, for as long as the disk is full, until cancelled.

        Args:
            catalog: Where it is told.
            wake: Called when there is space again.
        """
        was_full = True  # an earlier process may have ended while it was
        while True:
            try:
                is_full = self.is_full
                if is_full:
                    await catalog.holds.pause_waiting(HoldKind.DISK, self.reason)
                elif was_full:
                    await catalog.holds.resume_all(HoldKind.DISK)
                    wake()
                if is_full and not was_full:
                    _log.warning("%s", self.reason)
                was_full = is_full
            except CatalogError as error:
                _log.warning("the ledger did not answer: %s", error)
            await asyncio.sleep(_EVERY_S)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())
