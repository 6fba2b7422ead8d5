"""Which database of which video, and where its working copy lies on this machine's disk.

A process takes one *slot* of the data folder, a folder with a lock that dies with its holder and a
name by which the catalog knows who has which working copy. So a process that is started again is
the same host as before, and finds what it left.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, cast, get_args

from captionacc.model.ids import TenantId, VideoId
from captionacc.model.videos import DatabaseName
from captionacc.storage.durable import fsync_folder, make_folders
from captionacc.storage.keys import VideoKeys

if TYPE_CHECKING:
    from pathlib import Path

_LOCK: Final = "lock"
_ENDINGS: Final = ("-wal", "-journal")
_PARTS: Final = 4


class Place(NamedTuple):
    """A shared database of a video."""

    tenant_id: TenantId
    video_id: VideoId
    name: DatabaseName

    @property
    def key(self) -> str:
        """Where it is stored."""
        keys = VideoKeys(self.tenant_id, self.video_id)
        return keys.layout_db if self.name == "layout" else keys.captions_db


@dataclass(frozen=True, slots=True)
class Slot:
    """A folder of working copies that belongs to this process.

    Attributes:
        folder: The folder.
        host: What the catalog calls who has it.
        predecessors: Hosts that are no more, whose copies were moved here.
        locks: Keep others out; released when the process ends.
    """

    folder: Path
    host: str
    predecessors: tuple[str, ...] = ()
    locks: list[int] = field(default_factory=list[int])

    def path(self, place: Place) -> Path:
        """The working copy's file."""
        return self.folder / f"{place.tenant_id}.{place.video_id}.{place.name}.db"

    def found(self) -> list[Place]:
        """What a process left here."""
        places = (_place(path) for path in sorted(self.folder.glob("*.db")))
        return [place for place in places if place is not None]

    def remove(self, place: Place) -> None:
        """Forget the working copy."""
        for path in files_of(self.path(place)):
            path.unlink(missing_ok=True)
        fsync_folder(self.folder)

    def set_aside(self, place: Place) -> Path:
        """Move the working copy out of the way, where a person can find it."""
        aside = self.folder / "aside"
        make_folders(aside)
        prefix, path = uuid.uuid4().hex, self.path(place)
        for one in files_of(path):
            one.replace(aside / f"{prefix}.{one.name}")
        fsync_folder(aside)
        fsync_folder(self.folder)
        return aside / f"{prefix}.{path.name}"

    def release(self) -> None:
        """Let others have it."""
        for lock in self.locks:
            os.close(lock)
        self.locks.clear()


def take_slot(root: Path) -> Slot:
    """The first free slot below ``root``; copies in other free ones are moved into it."""
    make_folders(root)
    free = [(path, lock) for path in _slots(root) if (lock := _try_lock(path)) is not None]
    if not free:
        free = [_new_slot(root)]
    (folder, lock), *others = free
    predecessors = [_adopt(other, folder) for other, _ in others]
    for _, other in others:
        os.close(other)
    return Slot(folder, _name(folder), tuple(predecessors), [lock])


def files_of(path: Path) -> list[Path]:
    """The database's file and its log."""
    every = (path, *(path.with_name(path.name + ending) for ending in _ENDINGS))
    return [one for one in every if one.exists()]


def _slots(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir())


def _new_slot(root: Path) -> tuple[Path, int]:
    while True:
        folder = root / uuid.uuid4().hex
        make_folders(folder)
        lock = _try_lock(folder)
        if lock is not None:
            return folder, lock


def _try_lock(folder: Path) -> int | None:
    """A lock on the folder, unless somebody has it or has just removed it."""
    try:
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    if not folder.exists():
        os.close(handle)
        return None
    return handle


def _name(folder: Path) -> str:
    return folder.name


def _adopt(folder: Path, ours: Path) -> str:
    """Take over what another process left; returns what it was called."""
    aside = ours / "aside"
    make_folders(aside)
    for path in sorted(folder.rglob("*.db*")):
        target = ours / path.relative_to(folder)
        path.replace(aside / f"{_name(folder)}.{path.name}" if target.exists() else target)
    fsync_folder(aside)
    fsync_folder(ours)
    shutil.rmtree(folder)
    return _name(folder)


def _place(path: Path) -> Place | None:
    parts = path.name.split(".")
    if len(parts) != _PARTS or parts[2] not in get_args(DatabaseName):
        return None
    return Place(TenantId(parts[0]), VideoId(parts[1]), cast("DatabaseName", parts[2]))
