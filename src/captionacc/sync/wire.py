"""Changes as JSON, exact for every value that SQLite has.

JSON has one kind of number, and JavaScript would make a REAL of an INTEGER beyond 32 bits, so each
value says what it is: ``null``, ``["i", "-5"]``, ``["r", "1.5"]``, ``["t", "text"]`` or
``["b", "base64"]``. A change is an array in the order of :class:`~captionacc.sync.changes.Change`;
its key and site are base64. ``tests/unit/sync/vectors.json`` holds what both sides must agree on.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import TYPE_CHECKING, Any, Final, cast

from captionacc.errors import BadInputError
from captionacc.sync.changes import Change

if TYPE_CHECKING:
    from captionacc.sync.values import Value

Json = Any
"""What ``json`` makes of a text."""

_INTEGER: Final = re.compile(r"-?[1-9][0-9]{0,18}|0", re.ASCII)
_REAL: Final = re.compile(
    r"-?(?:[0-9]{1,400}(?:\.[0-9]{1,400})?(?:e[+-]?[0-9]{1,3})?|Infinity)|NaN"
)
_MOST: Final = 1 << 63
_SAFE: Final = 1 << 53
_PARTS: Final = len(Change._fields)


def encode_value(value: Value) -> Json:
    """``value`` with its type."""
    match value:
        case None:
            return None
        case int():
            return ["i", str(int(value))]
        case float():
            return ["r", _real_text(value)]
        case str():
            return ["t", value]
        case bytes():
            return ["b", encode_bytes(value)]


def decode_value(wire: Json) -> Value:
    """The value that ``wire`` stands for.

    Raises:
        BadInputError: it is not a value.
    """
    match wire:
        case None:
            return None
        case ["i", str(text)] if _INTEGER.fullmatch(text) and -_MOST <= int(text) < _MOST:
            return int(text)
        case ["r", str(text)] if _REAL.fullmatch(text):
            return _real(text)
        case ["t", str(text)]:
            return _whole(text)
        case ["b", str(text)]:
            return decode_bytes(text)
        case _:
            raise BadInputError("A value is not of the form [type, text].")


def encode_change(change: Change) -> Json:
    """``change`` as an array."""
    table, pk, cid, val, col_version, db_version, site_id, cl, seq = change
    return [
        table,
        encode_bytes(pk),
        cid,
        encode_value(val),
        col_version,
        db_version,
        encode_bytes(site_id),
        cl,
        seq,
    ]


def decode_change(wire: Json) -> Change:
    """The change that ``wire`` stands for; whether it makes sense is not asked.

    Raises:
        BadInputError: it is not a change.
    """
    if not isinstance(wire, list) or len(cast("list[Json]", wire)) != _PARTS:
        raise BadInputError(f"A change is not an array of {_PARTS}.")
    table, pk, cid, val, col_version, db_version, site_id, cl, seq = cast("list[Json]", wire)
    return Change(
        _text(table),
        decode_bytes(pk),
        _text(cid),
        decode_value(val),
        _count(col_version),
        _count(db_version),
        decode_bytes(site_id),
        _count(cl),
        _count(seq),
    )


def encode_bytes(content: bytes) -> str:
    """Base64."""
    return base64.b64encode(content).decode("ascii")


def decode_bytes(wire: Json) -> bytes:
    """What base64 stands for.

    Raises:
        BadInputError: it is no base64.
    """
    try:
        return base64.b64decode(_text(wire), validate=True)
    except (binascii.Error, ValueError):
        raise BadInputError("Bytes are not base64.") from None


def _real(text: str) -> float:
    value = float(text)
    if math.isinf(value) and text[-1].isdigit():
        raise BadInputError("A number is out of range.")
    return value


def _real_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def _text(wire: Json) -> str:
    if not isinstance(wire, str):
        raise BadInputError("A part of a change is not a text.")
    return _whole(wire)


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInputError("A text holds half a character.") from None
    return text


def _count(wire: Json) -> int:
    if type(wire) is not int or not 0 <= wire < _SAFE:
        raise BadInputError("A version is not an integer from 0 to 2^53.")
    return wire
