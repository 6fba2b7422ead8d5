"""Where subtitles go: chosen and checked before the work starts, written whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from captionacc.errors import OutputNotWritableError, UsageError
from captionacc.storage.failures import write_failures

if TYPE_CHECKING:
    from collections.abc import Sequence

STDOUT: Final = Path("-")


@dataclass(frozen=True, slots=True)
class Output:
    """The place for one video's subtitles; ``path`` is ``-`` for stdout."""

    path: Path

    @property
    def is_stdout(self) -> bool:
        """Whether the subtitles go to stdout."""
        return self.path == STDOUT

    def check(self) -> None:
        """Find out now, not after the work, that the place refuses files.

        Raises:
            OutputNotWritableError: the folder is missing or refuses, or the path is a folder.
        """
        if self.is_stdout:
            return
        if not self.path.parent.is_dir():
            raise OutputNotWritableError(
                f"There is no folder {self.path.parent} for {self.path.name}.",
                "Make it, or choose another place with -o.",
            )
        with write_failures(str(self.path)):
            if self._is_special():
                self.path.open("ab").close()
                return
            with tempfile.NamedTemporaryFile(dir=self.path.parent, prefix=".captionacc-"):
                pass

    def write(self, text: str) -> None:
        """Put ``text`` there as UTF-8.

        Raises:
            DiskFullError: no space is left.
            OutputNotWritableError: the place refuses.
        """
        if self.is_stdout:
            sys.stdout.write(text)
            sys.stdout.flush()
            return
        with write_failures(str(self.path)):
            if self._is_special():
                self.path.write_text(text, encoding="utf-8")
            else:
                _replace(self.path, text.encode())

    def _is_special(self) -> bool:
        """Whether there is something that must not be replaced: a device, a pipe, a folder."""
        return self.path.exists() and not self.path.is_file()


def resolve_outputs(videos: Sequence[Path], out: Path | None, extension: str) -> list[Output]:
    """The place for each video: beside it, in the folder ``out``, or the file ``out``.

    Raises:
        UsageError: two videos would share one place.
    """
    if out is None:
        paths = [video.with_suffix(f".{extension}") for video in videos]
    elif out != STDOUT and (out.is_dir() or len(videos) > 1):
        paths = [out / f"{video.stem}.{extension}" for video in videos]
    else:
        paths = [out for _ in videos]
    _check_distinct(videos, paths)
    return [Output(path) for path in paths]


def _check_distinct(videos: Sequence[Path], paths: Sequence[Path]) -> None:
    if any(_is_same_file(path, video) for video in videos for path in paths):
        raise UsageError("The output would replace the video.", "Choose another name with -o.")
    taken: dict[Path, Path] = {}
    for video, path in zip(videos, paths, strict=True):
        other = taken.setdefault(path, video)
        if path != STDOUT and other is not video:
            raise UsageError(
                f"The subtitles of {other} and {video} would go to the same file {path}.",
                "Process them one by one and name each output with -o.",
            )


def _is_same_file(path: Path, video: Path) -> bool:
    return path.exists() and video.exists() and path.samefile(video)


def _replace(path: Path, content: bytes) -> None:
    target = path.resolve()  # a symbolic link stays, what it points to is replaced
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".captionacc-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(target))
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _mode(target: Path) -> int:
    """Permissions of the file that is replaced, or those of a new one under the umask."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
