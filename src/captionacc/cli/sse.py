"""Server-sent events: from the lines of a response to events (the HTML standard, section 9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event; ``id`` is the last one that the stream has named, empty if none."""

    name: str
    data: str
    id: str


def parse_events(chunks: Iterable[bytes], last_id: str = "") -> Iterator[ServerEvent]:
    """The events of a stream, each as soon as its closing empty line arrives.

    Comments and heartbeats make no event; a last event that is cut off is dropped.

    Args:
        chunks: UTF-8 in pieces of any size; lines end with LF or CR LF.
        last_id: What an earlier stream named last.
    """
    name, data = "message", list[str]()
    for line in _lines(chunks):
        if not line:
            if data:
                yield ServerEvent(name, "\n".join(data), last_id)
            name, data = "message", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif field == "id" and "\0" not in value:
            last_id = value


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Whole lines. ``str.splitlines`` would also split at characters that captions may hold."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
