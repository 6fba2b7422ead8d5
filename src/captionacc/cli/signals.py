"""SIGTERM and SIGHUP end the program as Ctrl-C does: partial work is kept."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


def treat_as_interrupt() -> None:
    """Have SIGTERM and SIGHUP raise ``KeyboardInterrupt`` in the main thread.

    A SIGHUP that the parent ignores (nohup) stays ignored.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
