"""People's edits in a working copy that the stored one has overtaken.

It happens when a machine dies before it has stored what it acknowledged, another one goes on, and
the first comes back. Both are of one lineage, so what people wrote can be merged; what programs
wrote is left, for they have written it again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from captionacc.errors import CaptionAccError
from captionacc.sync.changes import ROW, unpack_id
from captionacc.sync.permissions import CLIENT_IDS, CLIENT_MAY
from captionacc.sync.sharing import open_shared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from captionacc.model.videos import DatabaseName
    from captionacc.sync.changes import Change
    from captionacc.sync.engine.database import SyncDatabase

_log: Final = logging.getLogger(__name__)
_BIRTHS: Final = "SELECT id, created_at FROM captions"


def merge_left_behind(database: SyncDatabase, left: Path, name: DatabaseName) -> bool:
    """Merge people's edits from the file ``left``; returns whether that changed anything."""
    try:
        with open_shared(left, name) as old:
            if _lineage(old) != _lineage(database):
                _log.warning("%s is of another lineage: nothing of it is merged", left)
                return False
            edits = list(_edits(old, database, name))
            before = database.db_version
            is_changed = database.apply(edits) > before
    except CaptionAccError as error:
        _log.error("nothing of %s is merged: %s", left, error)  # one of ours
        return False
    _log.warning("%d edits of %s are merged", len(edits), left)
    return is_changed


def _edits(old: SyncDatabase, new: SyncDatabase, name: DatabaseName) -> Iterator[Change]:
    rules, same = CLIENT_MAY[name], _same_rows(old, new, name)
    place, is_last = 0, False
    while not is_last:
        page = old.changes_since(place)
        place, is_last = page.db_version, page.is_last
        for change in page.changes:
            row_id = unpack_id(change.pk)
            is_edit = change.table in rules and (
                change.cid in rules[change.table].columns
                or (row_id in CLIENT_IDS)
                or change.cid == ROW
            )
            is_persons = name == "captions" or change.site_id != old.site_id
            if is_edit and is_persons and (same is None or row_id in same):
                yield change


def _same_rows(old: SyncDatabase, new: SyncDatabase, name: DatabaseName) -> set[int] | None:
    """The rows that are the same in both; ids that each gave away by itself may not be."""
    if name != "captions":
        return None
    ours = set(new.execute(_BIRTHS))
    births = old.execute(_BIRTHS)
    return {
        row_id
        for row_id, birth in births
        if isinstance(row_id, int) and (row_id in CLIENT_IDS or (row_id, birth) in ours)
    }


def _lineage(database: SyncDatabase) -> object:
    known = "SELECT 1 FROM sqlite_master WHERE name = 'sync_copy'"
    if not database.execute(known):
        return None
    return database.execute("SELECT lineage FROM sync_copy WHERE id = 1")
