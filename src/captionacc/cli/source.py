"""The file that is uploaded: looked at before anything is sent, and read in small pieces."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from captionacc.errors import BadInputError, CancelledError, VideoNotFoundError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PIECE_BYTES: Final = 256 << 10
_SAMPLES: Final = 16
_SAMPLE_BYTES: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Source:
    """A file on this machine.

    Attributes:
        path: Where it is.
        size_bytes: Its size when it was looked at.
        fingerprint: What an interrupted upload of it is found by: changes with the content.
    """

    path: Path
    size_bytes: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes ``[start, start + size)`` of a file; numbers count from 1, as S3 has it."""

    number: int
    start: int
    size: int


def look_at(path: Path) -> Source:
    """What there is to upload.

    Raises:
        VideoNotFoundError: there is no such file.
        BadInputError: it is no ordinary file, is empty, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise BadInputError(f"{path} is no file.", "Name a video file.")
            if not facts.st_size:
                raise BadInputError(f"{path} is empty.", "Check that the download is complete.")
            return Source(path, facts.st_size, _fingerprint(file.fileno(), facts))
    except FileNotFoundError:
        raise VideoNotFoundError(f"There is no file {path}.", "Check the path.") from None
    except IsADirectoryError:
        raise BadInputError(f"{path} is a folder.", "Name the video files in it.") from None
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}.") from error


def split(size_bytes: int, part_bytes: int) -> list[Part]:
    """The parts of a file; all but the last have ``part_bytes``."""
    starts = range(0, size_bytes, part_bytes)
    return [
        Part(number, start, min(part_bytes, size_bytes - start))
        for number, start in enumerate(starts, 1)
    ]


def read_part(
    descriptor: int, part: Part, sent: Callable[[int], None], stop: threading.Event
) -> Iterator[bytes]:
    """The bytes of a part in small pieces.

    Args:
        descriptor: The open file; other threads may read it meanwhile.
        part: What to read.
        sent: Told the size of each piece once the next one is wanted.
        stop: Ends the reading when set.

    Raises:
        CancelledError: ``stop`` is set.
        BadInputError: the file has become shorter.
    """
    position, end = part.start, part.start + part.size
    while position < end:
        if stop.is_set():
            raise CancelledError("The upload was interrupted.")
        piece = os.pread(descriptor, min(_PIECE_BYTES, end - position), position)
        if not piece:
            raise BadInputError("The file became shorter while it was uploaded.")
        yield piece
        position += len(piece)
        sent(len(piece))


def _fingerprint(descriptor: int, facts: os.stat_result) -> str:
    """A digest of size, time of change, and samples spread over the whole file."""
    digest = hashlib.sha256(f"{facts.st_size}\0{facts.st_mtime_ns}".encode())
    last = max(facts.st_size - _SAMPLE_BYTES, 0)
    for index in range(_SAMPLES):
        digest.update(os.pread(descriptor, _SAMPLE_BYTES, last * index // (_SAMPLES - 1)))
    return digest.hexdigest()
