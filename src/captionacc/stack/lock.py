"""One stack for each data folder."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from captionacc.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Generator

    from captionacc.stack.folders import StackFolders


@contextmanager
def locked(folders: StackFolders) -> Generator[None]:
    """Nobody else has the data folder during the block; the lock dies with this process.

    Raises:
        ConflictError: somebody has it.
    """
    with folders.lock.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise ConflictError(
                f"CaptionA.cc runs already on {folders.root}, as process {file.read().strip()}.",
                "Use that one, end it with Ctrl-C or `kill`, or take another --data-dir.",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
