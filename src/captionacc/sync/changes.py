"""Changes as CR-SQLite has them: one column of one row, with its clocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from captionacc.sync.values import Value

ROW: Final = "-1"
"""The ``cid`` of a change that makes or removes a whole row."""

SITE_ID_BYTES: Final = 16

_ONE_COLUMN: Final = 1
_INTEGER: Final = 1
_LENGTH_SHIFT: Final = 3


class Change(NamedTuple):
    """A row of ``crsql_changes``, in the order of its columns.

    Attributes:
        table: The table.
        pk: The primary key, packed; see :func:`pack_id`.
        cid: The column, or ``ROW``.
        val: The value.
        col_version: How often that column of that row was written; the larger one wins.
        db_version: The transaction, counted by the database that the change was read from.
        site_id: The database where it was made, 16 bytes.
        cl: How often the row was made and removed; odd while it is there.
        seq: Its place in the transaction.
    """

    table: str
    pk: bytes
    cid: str
    val: Value
    col_version: int
    db_version: int
    site_id: bytes
    cl: int
    seq: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some changes, in order.

    Attributes:
        changes: Whole transactions.
        db_version: Who has applied them asks for what is after this next.
        is_last: Whether there are no more now.
    """

    changes: tuple[Change, ...]
    db_version: int
    is_last: bool


def pack_id(row_id: int) -> bytes:
    """The packed primary key of a row with a non-negative integer ``row_id``."""
    size_bytes = (row_id.bit_length() + 7) // 8
    kind = size_bytes << _LENGTH_SHIFT | _INTEGER
    return bytes((_ONE_COLUMN, kind)) + row_id.to_bytes(size_bytes, "big")


def unpack_id(pk: bytes) -> int:
    """The row's id.

    Raises:
        ValueError: ``pk`` is not the packed form of one non-negative integer.
    """
    row_id = int.from_bytes(pk[2:], "big")
    if pk != pack_id(row_id):
        raise ValueError("the primary key is not one packed integer")
    return row_id
