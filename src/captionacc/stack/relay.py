"""Shows what services write to their logs, for a platform that keeps what a program prints."""

from __future__ import annotations

import threading
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

_LOOK_EVERY_S: Final = 0.25


class LogRelay:
    """Copies new lines of log files to ``out`` during the block.

    Args:
        logs: Which; they need not be there yet, and may be emptied meanwhile.
        out: Where to.
        prefix: What each line begins with; ``{}`` stands for its file's name.
    """

    def __init__(self, logs: Sequence[Path], out: IO[str], prefix: str = "{}: ") -> None:
        self._prefix = prefix
        self._read_to = {log: log.stat().st_size if log.exists() else 0 for log in logs}
        self._out = out
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="logs", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _follow(self) -> None:
        is_last_look = False
        while not is_last_look:
            is_last_look = self._is_over.wait(_LOOK_EVERY_S)
            for log in self._read_to:
                self._copy(log)

    def _copy(self, log: Path) -> None:
        """Whole lines only: the rest is copied once its end is there."""
        if not log.exists():
            return
        with log.open("rb") as file:
            file.seek(self._read_to[log] if log.stat().st_size >= self._read_to[log] else 0)
            lines, _, unfinished = file.read().rpartition(b"\n")
            self._read_to[log] = file.tell() - len(unfinished)
        for line in lines.decode(errors="replace").splitlines():
            self._out.write(f"{self._prefix.format(log.stem)}{line}\n")
        self._out.flush()
