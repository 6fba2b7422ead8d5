"""Keeps logs small while programs write to them."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES: Final = 10 << 20


def keep_small(log: Path, most_bytes: int = _MOST_BYTES) -> None:
    """Move what ``log`` holds to ``log.1``, once it is too large.

    The file itself stays, for a program that appends to it goes on doing so; what it writes at
    this very moment may be lost.

    Raises:
        OSError: there is no room for the copy.
    """
    if log.exists() and log.stat().st_size > most_bytes:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)
