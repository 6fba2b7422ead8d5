"""How our processes log: lines for people or JSON, with the video, run and tenant of each.

::

    with about(video_id=video_id, run_id=run_id):
        _log.info("begun")  # 12:00:00 INFO captionacc.x: begun [video_id=... run_id=...]

What a line is about is known to the whole task, and to the tasks and threads that it starts.
"""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

LogFormat = Literal["text", "json"]

FIELDS: Final = ("tenant_id", "video_id", "run_id", "request_id")
"""What a line can be about."""

_TEXT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s%(about)s"
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_ABOUT: Final[ContextVar[Mapping[str, str]]] = ContextVar("log_about", default=_NOTHING)


@contextmanager
def about(**fields: str) -> Generator[None]:
    """Lines of the block are about these, beside what those of the block around are about."""
    token = _ABOUT.set({**_ABOUT.get(), **fields})
    try:
        yield
    finally:
        _ABOUT.reset(token)


def set_about(**fields: str) -> None:
    """From here on lines of this task are about these too."""
    _ABOUT.set({**_ABOUT.get(), **fields})


def configure_logging(log_format: LogFormat, handler: logging.Handler | None = None) -> None:
    """Have everything that this process logs written by ``handler``, else to stderr."""
    handler = handler or logging.StreamHandler()
    handler.addFilter(_note_about)
    handler.setFormatter(_JsonFormatter() if log_format == "json" else logging.Formatter(_TEXT))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.INFO)
    for noisy in ("httpx", "botocore", "prefect._internal"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _note_about(record: logging.LogRecord) -> bool:
    """What the line itself says, with ``extra``, counts more than where it is said."""
    said = {name: str(value) for name in FIELDS if (value := getattr(record, name, None))}
    known = {**_ABOUT.get(), **said}
    record.fields = known
    words = " ".join(f"{name}={value}" for name, value in known.items())
    record.about = f" [{words}]" if words else ""
    return True


class _JsonFormatter(logging.Formatter):
    """A JSON object for each line: ``at``, ``level``, ``logger``, ``message``, what it is about."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
