"""The log file, where bugs leave their tracebacks and compute processes what they print."""

from __future__ import annotations

import traceback
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from captionacc.errors import CaptionAccError, InternalError
from captionacc.settings import get_settings
from captionacc.storage.failures import write_failures

if TYPE_CHECKING:
    from pathlib import Path

_MAX_BYTES: Final = 4 << 20


def log_path() -> Path:
    """Where the log is; its folder is made.

    Raises:
        OutputNotWritableError: the cache folder refuses it.
    """
    folder = get_settings().cache_dir
    with write_failures(f"the cache folder {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    return folder / "captionacc.log"


def open_log() -> Path:
    """The log's path, after an overlong log has been put aside.

    Raises:
        OutputNotWritableError: the log cannot be written.
    """
    path = log_path()
    with write_failures(str(path)):
        if path.exists() and path.stat().st_size > _MAX_BYTES:
            path.replace(path.with_suffix(".log.1"))
        path.open("ab").close()
    return path


def write_traceback(error: BaseException) -> None:
    """Append the traceback of ``error``; nothing happens where the log cannot be written."""
    with suppress(CaptionAccError, OSError), open_log().open("a", encoding="utf-8") as log:
        log.write(f"{datetime.now(UTC).isoformat()}\n")
        traceback.print_exception(error, file=log)


def describe_failure(error: CaptionAccError) -> list[str]:
    """The lines that tell a person what went wrong and what to do."""
    lines = [f"Error: {error.message}"]
    if error.hint:
        lines.append(error.hint)
    if isinstance(error, InternalError):
        with suppress(CaptionAccError):
            lines.append(f"The log is {log_path()}; please report it.")
    return lines
