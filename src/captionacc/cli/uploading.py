"""Uploads files, one after the other, and goes on where an interrupted upload of a file ended."""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from captionacc.cli.client import connect
from captionacc.cli.display import make_display
from captionacc.cli.log import describe_failure
from captionacc.cli.source import look_at, split
from captionacc.cli.transfer import Transfer
from captionacc.cli.views import UploadView
from captionacc.errors import CaptionAccError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from captionacc.cli.client import Client
    from captionacc.cli.display import Display
    from captionacc.cli.source import Source

_MEGA: Final = 1e6


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What ``upload --json`` prints for each file; ``resumed_bytes`` had arrived before."""

    file: str
    video_id: str
    upload_id: str
    size_bytes: int
    resumed_bytes: int


def run_upload(
    files: Sequence[Path], folder: str, *, api_url: str | None, as_json: bool, is_quiet: bool
) -> int:
    """Upload the files; returns the exit code, that of the first failure or 0.

    Raises:
        MissingDependencyError: the API cannot be reached.
    """
    codes: list[int] = []
    with connect(api_url) as client, make_display(quiet=is_quiet) as display:
        for file in files:
            try:
                done = upload(client, file, folder, display)
            except MissingDependencyError:
                raise  # nor would it be there for the next file
            except CaptionAccError as error:
                for line in describe_failure(error):
                    display.say(line)
                codes.append(error.exit_code)
                continue
            display.say(f"{file.name} is uploaded as video {done.video_id}.")
            sys.stdout.write((json.dumps(asdict(done)) if as_json else done.video_id) + "\n")
            sys.stdout.flush()
    return next(iter(codes), 0)


def upload(client: Client, path: Path, folder: str, display: Display) -> Uploaded:
    """Send one file; what arrived of it before is not sent again.

    Raises:
        BadInputError: it is no file, is empty, or is no video.
        StoreError: the object store refuses it or cannot be reached.
        CaptionAccError: the API refuses it or cannot be reached.
    """
    source = look_at(path)
    begun = begin(client, source, folder)
    arrived = {part.number for part in begun.parts}
    parts = split(source.size_bytes, begun.part_size_bytes)
    missing = [part for part in parts if part.number not in arrived]
    resumed = source.size_bytes - sum(part.size for part in missing)
    display.start(path.name)
    counter = _Counter(display, resumed, source.size_bytes)
    Transfer(source, lambda numbers: sign(client, begun.id, numbers), counter.add).run(missing)
    display.finish()
    video_id = client.post(f"/v1/uploads/{begun.id}/complete")["video_id"]
    return Uploaded(str(path), video_id, begun.id, source.size_bytes, resumed)


def begin(client: Client, source: Source, folder: str) -> UploadView:
    """A new upload of the file, or the one that was interrupted, with the parts that arrived."""
    body = {
        "filename": source.path.name,
        "folder": folder,
        "size_bytes": source.size_bytes,
        "fingerprint": source.fingerprint,
    }
    return UploadView.model_validate(client.post("/v1/uploads", body))


def sign(client: Client, upload_id: str, numbers: Sequence[int]) -> dict[int, str]:
    """A presigned URL for each part."""
    answer = client.post(f"/v1/uploads/{upload_id}/parts", {"numbers": list(numbers)})
    return {int(number): url for number, url in answer["urls"].items()}


class _Counter:
    """Adds up what several threads have sent, and shows it."""

    def __init__(self, display: Display, done: int, total: int) -> None:
        self._display = display
        self._before = self._done = done
        self._total = total
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def add(self, size: int) -> None:
        """Count ``size`` more bytes."""
        with self._lock:
            self._done += size
            spent = max(time.monotonic() - self._began, 1e-3)
            speed = (self._done - self._before) / _MEGA / spent
            self._display.show(self._done / self._total, "upload", f"{speed:.1f} MB/s")
