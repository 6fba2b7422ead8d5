"""From what is stored, and what may be left on this disk, to an open working copy."""

from __future__ import annotations

import logging
import os
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from captionacc.databases.packing import unpack
from captionacc.errors import ObjectNotFoundError
from captionacc.storage.durable import fsync_folder
from captionacc.sync import records
from captionacc.sync.merging import merge_left_behind
from captionacc.sync.places import files_of
from captionacc.sync.sharing import open_shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from captionacc.storage.store import ObjectInfo, ObjectStore
    from captionacc.sync.engine.database import SyncDatabase
    from captionacc.sync.places import Place, Slot
    from captionacc.sync.records import Origin

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """A database that nobody else has open.

    Attributes:
        name: By which clients know this lineage of the database.
        etag: Of the stored copy that it continues; ``None`` if there is none.
        is_unsaved: Whether it holds what is not stored.
    """

    database: SyncDatabase
    name: str
    etag: str | None
    is_unsaved: bool


def open_copy(
    slot: Slot,
    store: ObjectStore,
    place: Place,
    generation: int,
    make: Callable[[Path], None] | None,
) -> Opened:
    """The working copy: what is left here if the stored one is no newer, else the stored one.

    Args:
        slot: Where it lies.
        store: Where the stored one is.
        place: Which database.
        generation: Of its host; another one than before must not be taken for the same lineage.
        make: Makes the database if it is nowhere; ``None`` if it must exist.

    Raises:
        ObjectNotFoundError: it is nowhere.
        UnreadableDatabaseError: it is damaged or too new.
    """
    path = slot.path(place)
    stored = store.head(place.key)
    origin, left = _look(path, stored, store, place), None
    if origin is None:
        left = _clear(slot, place)
        origin = _fetch(path, stored, store, place, make)
    if origin.generation != generation:
        records.make_another(path)
    database = open_shared(path, place.name)
    try:
        etag = origin.etag if stored is None else stored.etag
        name = records.begin(database, generation, etag, is_unsaved=origin.is_unsaved)
        is_merged = left is not None and merge_left_behind(database, left, place.name)
        return Opened(database, name, etag, origin.is_unsaved or is_merged)
    except BaseException:
        database.abandon()
        raise


def unsaved_in(slot: Slot) -> list[Place]:
    """Which of the copies that a process left are needed; the others are removed."""
    needed: list[Place] = []
    for place in slot.found():
        try:
            origin = records.read_origin(slot.path(place))
        except sqlite3.Error:
            origin = None  # it is looked at, and set aside, when it is opened
        if origin is not None and not origin.is_unsaved:
            slot.remove(place)
        else:
            needed.append(place)
    return needed


def read_stored(store: ObjectStore, place: Place, packed: Path, path: Path) -> None:
    """Bring what is stored to ``path``; ``packed`` is used on the way.

    Raises:
        ObjectNotFoundError: nothing is.
    """
    store.get_to_file(place.key, packed)
    unpack(packed, path)
    packed.unlink()


def is_ours(store: ObjectStore, place: Place, draft: Path, saves: tuple[str, ...]) -> bool:
    """Whether the stored copy is one of ``saves``; ``draft`` is used to look."""
    packed = draft.with_name(f"{draft.name}.gz")
    try:
        read_stored(store, place, packed, draft)
        origin = records.read_origin(draft)
        return origin is not None and bool(origin.saves) and origin.saves[-1] in saves
    finally:
        for path in (packed, *files_of(draft)):
            path.unlink(missing_ok=True)


def _look(path: Path, stored: ObjectInfo | None, store: ObjectStore, place: Place) -> Origin | None:
    """What is here, if it may be used: nothing newer is stored."""
    if not path.exists():
        return None
    try:
        origin = records.read_origin(path)
    except sqlite3.Error as error:
        _log.error("the working copy %s is damaged: %s", path, error)  # told
        return None
    if origin is None:
        return None
    if stored is None:
        return origin if origin.etag is None and origin.is_unsaved else None
    if origin.etag == stored.etag:
        return origin
    draft = path.with_name(f".{path.name}.look")
    return origin if is_ours(store, place, draft, origin.saves) else None


def _clear(slot: Slot, place: Place) -> Path | None:
    """Make room; what may hold unsaved edits is set aside."""
    path = slot.path(place)
    if not path.exists():
        return None
    try:
        origin = records.read_origin(path)
        is_needless = origin is not None and not origin.is_unsaved
    except sqlite3.Error:
        is_needless = False
    if is_needless:
        slot.remove(place)
        return None
    aside = slot.set_aside(place)
    _log.warning("a newer copy of %s is stored: the one here is set aside, %s", place.key, aside)
    return aside


def _fetch(
    path: Path,
    stored: ObjectInfo | None,
    store: ObjectStore,
    place: Place,
    make: Callable[[Path], None] | None,
) -> Origin:
    if stored is not None:
        # Asked for after the ETag: if it is a later copy, it is known again by its name.
        read_stored(store, place, path.with_name(f".{path.name}.gz"), path)
    elif make is not None:
        make(path)
    else:
        raise ObjectNotFoundError(f"There is no object {place.key}.")
    _fsync(path)
    known = records.read_origin(path)
    generation = 0 if known is None else known.generation
    return records.Origin(generation, stored.etag if stored else None, stored is None, ())


def _fsync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    fsync_folder(path.parent)
