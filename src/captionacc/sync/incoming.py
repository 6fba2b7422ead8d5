"""Changes of clients on their way into a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captionacc.errors import ForbiddenError
from captionacc.sync import records
from captionacc.sync.changes import unpack_id
from captionacc.sync.permissions import CLIENT_MAY, check_changes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from captionacc.model.videos import DatabaseName
    from captionacc.sync.changes import Change
    from captionacc.sync.engine.database import SyncDatabase
    from captionacc.sync.permissions import TableRules


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

    Returns:
        The database's ``db_version`` afterwards.

    Raises:
        BadInputError: a change is not in order.
        ForbiddenError: a change is not a client's to make.
    """
    with database.transaction():
        records.note_batch(database, site_id, batch)
        return accept(database, name, changes, site_id)


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
