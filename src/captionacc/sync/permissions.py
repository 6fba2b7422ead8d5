"""What a client may write, and how a change has to look before the engine sees it.

CR-SQLite trusts its peers: a strange key makes it trap, a strange clock wins for ever, and it knows
no types. So each change is held against a table of what clients may write. The rest is written by
the server: predictions, and what was read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from captionacc.databases.captions import BoundaryState
from captionacc.databases.layout import BoxLabel
from captionacc.errors import BadInputError, ForbiddenError
from captionacc.model.layout import Anchor
from captionacc.sync.changes import ROW, SITE_ID_BYTES, unpack_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from captionacc.model.videos import DatabaseName
    from captionacc.sync.changes import Change
    from captionacc.sync.values import Value

_LATEST_S: Final = 1e6
_LAST_FRAME: Final = 1 << 31
_MOST_WRITES: Final = 1 << 31
_LONGEST_TEXT: Final = 5000
_LONGEST_WORD: Final = 50

CLIENT_IDS: Final = range(1 << 32, 1 << 53)
"""Ids of rows that a client makes, by chance; the server counts from 1."""


@dataclass(frozen=True, slots=True)
class Integer:
    """An INTEGER in the range, both ends included."""

    least: int
    most: int

    def accepts(self, value: Value) -> bool:
        """Whether ``value`` may stand in the column."""
        return isinstance(value, int) and self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class Real:
    """A REAL in the range; SQLite itself would make NULL of NaN."""

    least: float
    most: float

    def accepts(self, value: Value) -> bool:
        """Whether ``value`` may stand in the column."""
        return isinstance(value, float) and self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class Text:
    """A TEXT of at most so many characters."""

    longest: int

    def accepts(self, value: Value) -> bool:
        """Whether ``value`` may stand in the column."""
        return isinstance(value, str) and len(value) <= self.longest


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of some words."""

    words: frozenset[str]

    def accepts(self, value: Value) -> bool:
        """Whether ``value`` may stand in the column."""
        return isinstance(value, str) and value in self.words


@dataclass(frozen=True, slots=True)
class OrNull:
    """NULL or what another rule accepts."""

    rule: Rule

    def accepts(self, value: Value) -> bool:
        """Whether ``value`` may stand in the column."""
        return value is None or self.rule.accepts(value)


Rule = Integer | Real | Text | OneOf | OrNull


@dataclass(frozen=True, slots=True)
class TableRules:
    """What clients may write in one table.

    Attributes:
        columns: What they may put where.
        ids: The rows that they may change.
        new_ids: The rows that they may make, by their ids; with any they may also remove rows.
        defaults: The server's columns and what a row has there that a client makes.
    """

    columns: Mapping[str, Rule]
    ids: range
    new_ids: range = range(0)
    defaults: Mapping[str, Value] = field(default_factory=dict[str, "Value"])

    @property
    def is_growing(self) -> bool:
        """Whether clients may make and remove rows."""
        return len(self.new_ids) > 0


_FLAG: Final = Integer(0, 1)
_FRAME: Final = Integer(0, _LAST_FRAME)
_TIME_S: Final = Real(0.0, _LATEST_S)
_SHARE: Final = OrNull(Real(0.0, 1.0))
_TIMESTAMP: Final = Text(_LONGEST_WORD)
_WORDS: Final = OrNull(Text(_LONGEST_TEXT))
_ALL_IDS: Final = range(1, CLIENT_IDS.stop)

CLIENT_MAY: Final[Mapping[DatabaseName, Mapping[str, TableRules]]] = {
    "layout": {
        "boxes": TableRules(
            {
                "label": OrNull(OneOf(frozenset(BoxLabel))),
                "label_updated_at": OrNull(_TIMESTAMP),
            },
            ids=range(CLIENT_IDS.stop),
        ),
        "layout_config": TableRules(
            {
                "crop_left": _SHARE,
                "crop_top": _SHARE,
                "crop_right": _SHARE,
                "crop_bottom": _SHARE,
                "anchor_type": OrNull(OneOf(frozenset(Anchor))),
                "anchor_position": _SHARE,
                "vertical_center": _SHARE,
                "updated_at": _TIMESTAMP,
            },
            ids=range(1, 2),
        ),
        "preferences": TableRules({"layout_approved": _FLAG}, ids=range(1, 2)),
    },
    "captions": {
        "captions": TableRules(
            {
                "start_frame_index": _FRAME,
                "end_frame_index": _FRAME,
                "start_pts_s": _TIME_S,
                "end_pts_s": _TIME_S,
                "boundary_state": OneOf(frozenset(BoundaryState)),
                "boundary_pending": _FLAG,
                "text": _WORDS,
                "text_pending": _FLAG,
                "text_status": OrNull(Text(_LONGEST_WORD)),
                "text_notes": _WORDS,
                "created_at": _TIMESTAMP,
                "updated_at": _TIMESTAMP,
            },
            ids=_ALL_IDS,
            new_ids=CLIENT_IDS,
            defaults={
                "boundary_confidence": None,
                "caption_ocr": None,
                "caption_ocr_confidence": None,
                "caption_ocr_status": "queued",
                "caption_ocr_error": None,
            },
        ),
    },
}


def check_changes(
    rules: Mapping[str, TableRules], changes: Iterable[Change], site_id: bytes
) -> None:
    """Whether a client that is ``site_id`` may make ``changes``.

    Raises:
        BadInputError: a change is not in order.
        ForbiddenError: a change is in order but not a client's to make.
    """
    if len(site_id) != SITE_ID_BYTES:
        raise BadInputError("A site id has 16 bytes.")
    for change in changes:
        if change.table not in rules:
            raise ForbiddenError(f"A client may not write the table {change.table[:64]!r}.")
        _check(rules[change.table], change, site_id)


def _check(rules: TableRules, change: Change, site_id: bytes) -> None:
    if change.site_id != site_id:
        raise ForbiddenError("A client may only send changes of its own site.")
    row_id = _row_id(change)
    if row_id not in rules.ids:
        raise ForbiddenError(f"A client may not write row {row_id} of {change.table}.")
    _check_clocks(rules, change)
    if change.cid == ROW:
        _check_row(rules, change)
    elif change.cid in rules.columns:
        _check_value(rules.columns[change.cid], change)
    elif not _is_default(rules, change, row_id):
        raise ForbiddenError(f"A client may not write {change.table}.{change.cid[:64]}.")


def _row_id(change: Change) -> int:
    try:
        return unpack_id(change.pk)
    except ValueError:
        raise BadInputError("The key of a change is not one packed integer.") from None


def _check_clocks(rules: TableRules, change: Change) -> None:
    """Clocks in reach: from one near the end of the numbers no peer could ever count on."""
    if not 1 <= change.col_version <= _MOST_WRITES:
        raise BadInputError(f"A column version is from 1 to {_MOST_WRITES}.")
    if not 1 <= change.cl <= _MOST_WRITES:
        raise BadInputError(f"A causal length is from 1 to {_MOST_WRITES}.")
    if not 0 <= change.seq <= _MOST_WRITES or not 0 <= change.db_version < CLIENT_IDS.stop:
        raise BadInputError("A change's place in its database is out of range.")
    if change.cl != 1 and not rules.is_growing:
        raise ForbiddenError(f"A client may not make or remove rows of {change.table}.")


def _check_row(rules: TableRules, change: Change) -> None:
    if not rules.is_growing:
        raise ForbiddenError(f"A client may not make or remove rows of {change.table}.")
    if change.val is not None or change.col_version != change.cl:
        raise BadInputError("A change that makes or removes a row has no value.")


def _check_value(rule: Rule, change: Change) -> None:
    if not change.cl % 2:
        raise BadInputError("A row that is removed has no columns.")
    if not rule.accepts(change.val):
        raise BadInputError(f"{change.table}.{change.cid} cannot be {_shown(change.val)}.")


def _is_default(rules: TableRules, change: Change, row_id: int) -> bool:
    """A client's new row comes with all its columns, also with those that are the server's."""
    return (
        row_id in rules.new_ids
        and change.cid in rules.defaults
        and change.col_version == 1
        and change.val == rules.defaults[change.cid]
        and bool(change.cl % 2)
    )


def _shown(value: Value) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return f"{type(value).__name__} {str(value)[:32]!r}"
