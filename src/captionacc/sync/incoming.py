"""Changes of clients on their way into a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from captionacc.databases.caption_table import queue_reading
from captionacc.errors import ForbiddenError
from captionacc.model.ids import CaptionId
from captionacc.sync import records
from captionacc.sync.changes import unpack_id
from captionacc.sync.permissions import CLIENT_MAY, check_changes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from captionacc.model.videos import DatabaseName
    from captionacc.sync.changes import Change
    from captionacc.sync.engine.database import SyncDatabase
    from captionacc.sync.permissions import TableRules

EXTENT_COLUMNS: Final = frozenset(
    {"start_frame_index", "end_frame_index", "start_pts_s", "end_pts_s"}
)
CROP_COLUMNS: Final = frozenset({"crop_left", "crop_top", "crop_right", "crop_bottom"})


def accept(
    database: SyncDatabase, name: DatabaseName, changes: Sequence[Change], site_id: bytes
) -> int:
    """Merge what the client ``site_id`` sent, all of it or nothing; twice is the same as once.

    Returns:
        The database's ``db_version`` afterwards.

    Raises:
        BadInputError: a change is not in order.
        ForbiddenError: a change is not a client's to make.
    """
    rules = CLIENT_MAY[name]
    check_changes(rules, changes, site_id)
    with database.transaction():
        _check_rows(database, rules, changes)
        return database.apply(changes)


def accept_batch(
    database: SyncDatabase,
    name: DatabaseName,
    batch: str,
    changes: Sequence[Change],
    site_id: bytes,
) -> int:
    """Merge a batch in a transaction that also remembers it.

    What was moved has to be read again; that is noted in the same transaction.

    Returns:
        The database's ``db_version`` afterwards.

    Raises:
        BadInputError: a change is not in order.
        ForbiddenError: a change is not a client's to make.
    """
    with database.transaction():
        records.note_batch(database, site_id, batch)
        accept(database, name, changes, site_id)
        if name == "captions":
            queue_reading(database, moved_captions(changes))
        else:
            _keep_persons_crop(database, changes)
        return database.db_version


def moved_captions(changes: Sequence[Change]) -> set[CaptionId]:
    """The captions that these changes make begin or end elsewhere."""
    return {CaptionId(unpack_id(one.pk)) for one in changes if one.cid in EXTENT_COLUMNS}


def _keep_persons_crop(database: SyncDatabase, changes: Sequence[Change]) -> None:
    """A person's crop wins also against a prediction that was made while it was on its way."""
    mine = [one for one in changes if one.table == "layout_config" and one.cid in CROP_COLUMNS]
    if not mine:
        return
    records.note_crop(database)
    for change in mine:
        lost = f"UPDATE layout_config SET {change.cid} = ? WHERE id = 1 AND {change.cid} IS NOT ?"  # noqa: S608  # one of ours
        if _was_predicted(database, change.cid):
            database.execute(lost, (change.val, change.val))


def _was_predicted(database: SyncDatabase, column: str) -> bool:
    """Whether the server wrote what is there now."""
    own = "SELECT 1 FROM layout_config__crsql_clock WHERE col_name = ? AND site_id = 0"
    return bool(database.execute(own, (column,)))


def _check_rows(
    database: SyncDatabase, rules: Mapping[str, TableRules], changes: Sequence[Change]
) -> None:
    """A change of a row that is not there would make the row."""
    wanted = {(change.table, unpack_id(change.pk)) for change in changes}
    for table, row_id in sorted(wanted):
        if row_id in rules[table].new_ids:
            continue
        known = f"SELECT 1 FROM {table}__crsql_pks WHERE id = ?"  # noqa: S608  # one of ours
        if not database.execute(known, (row_id,)):
            raise ForbiddenError(f"There is no row {row_id} in {table}.")
