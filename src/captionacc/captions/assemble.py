"""From boxes of text to a caption's text: rows, reading order, spaces, and noise."""

from __future__ import annotations

import itertools
import unicodedata
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from captionacc.model.geometry import OcrBox

_SAME_ROW_OVERLAP: Final = 0.5
"""Vertical overlap of a row's boxes, as a fraction of the lower one."""

_WIDE_GAP: Final = 0.75
"""A gap between CJK pieces that is meant as a space, in widths of a character."""

_IMPLAUSIBLE: Final = 0.5
"""Below this confidence a short piece beside better ones is noise, as is lone punctuation."""

_DOUBTFUL_PUNCTUATION: Final = 0.8
_SPECK_HEIGHT: Final = 0.35
"""A piece lower than this fraction of the tallest is dirt, unless it is read with confidence."""

_SHORT_PIECE: Final = 2
_RIGHT_TO_LEFT: Final = {"R", "AL"}
_CJK_BLOCKS: Final = (
    (0x2E80, 0x30FF),  # radicals, punctuation, kana
    (0x3100, 0x312F),  # bopomofo
    (0x31A0, 0x31FF),  # its extension, strokes, small kana
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF01, 0xFF9F),  # full-width forms, half-width kana
    (0x20000, 0x3FFFF),
)


def assemble_text(lines: Sequence[OcrBox]) -> str:
    """The text of a caption: rows from top to bottom, joined by line breaks.

    Args:
        lines: Pieces of text in any order, all in the frame of one image.
    """
    return "\n".join(_row_text(row) for row in arrange_rows(lines))


def arrange_rows(lines: Sequence[OcrBox]) -> tuple[tuple[OcrBox, ...], ...]:
    """The pieces that are text, by rows from top to bottom, each in reading order."""
    rows: list[list[OcrBox]] = []
    for piece in sorted(without_noise(lines), key=lambda box: box.center_y):
        row = max(rows, key=lambda row: _overlap(row, piece), default=None)
        if row is None or _overlap(row, piece) < _SAME_ROW_OVERLAP:
            rows.append([piece])
        else:
            row.append(piece)
    rows.sort(key=_middle)
    return tuple(_in_reading_order(row) for row in rows)


def without_noise(lines: Sequence[OcrBox]) -> tuple[OcrBox, ...]:
    """The pieces without those that are hardly text.

    Conservative: a single piece stays unless it is blank or doubtful punctuation, and a letter
    or ideograph that stands alone stays whenever it is read with any confidence.
    """
    pieces = [box for box in lines if box.text.strip() and not _is_doubtful_punctuation(box)]
    tallest = max((box.height for box in pieces if box.confidence >= _IMPLAUSIBLE), default=0.0)
    return tuple(box for box in pieces if not _is_speck(box, tallest))


def _is_doubtful_punctuation(box: OcrBox) -> bool:
    has_letters = any(unicodedata.category(character)[0] in "LN" for character in box.text)
    return not has_letters and box.confidence < _DOUBTFUL_PUNCTUATION


def _is_speck(box: OcrBox, tallest: float) -> bool:
    """Whether a doubtful piece is tiny or short beside a piece of height ``tallest``."""
    if box.confidence >= _IMPLAUSIBLE or tallest == 0:
        return False
    return box.height < _SPECK_HEIGHT * tallest or len(box.text.strip()) <= _SHORT_PIECE


def _overlap(row: Iterable[OcrBox], piece: OcrBox) -> float:
    """Vertical overlap of ``piece`` with its nearest box of the row, relative to the lower one."""
    nearest = min(row, key=lambda box: abs(box.center_x - piece.center_x))
    common = min(nearest.bottom, piece.bottom) - max(nearest.top, piece.top)
    return common / max(min(nearest.height, piece.height), 1e-9)


def _middle(row: Sequence[OcrBox]) -> float:
    return median(box.center_y for box in row)


def _in_reading_order(row: Sequence[OcrBox]) -> tuple[OcrBox, ...]:
    leftwards = _reads_leftwards("".join(box.text for box in row))
    return tuple(sorted(row, key=lambda box: box.center_x, reverse=leftwards))


def _reads_leftwards(text: str) -> bool:
    """Whether most of the letters are of a script such as Arabic or Hebrew."""
    directions = [unicodedata.bidirectional(character) for character in text]
    leftwards = sum(direction in _RIGHT_TO_LEFT for direction in directions)
    return leftwards > directions.count("L")


def _row_text(row: Sequence[OcrBox]) -> str:
    text = row[0].text.strip()
    for before, piece in itertools.pairwise(row):
        text += _separator(before, piece) + piece.text.strip()
    return unicodedata.normalize("NFC", text)


def _separator(before: OcrBox, after: OcrBox) -> str:
    """A space, unless both pieces meet in characters that are written without."""
    if not (_is_cjk(before.text.strip()[-1]) and _is_cjk(after.text.strip()[0])):
        return " "
    gap = max(after.left - before.right, before.left - after.right)
    return " " if gap > _WIDE_GAP * min(_character_width(before), _character_width(after)) else ""


def _character_width(box: OcrBox) -> float:
    cells = sum(2 if _is_wide(character) else 1 for character in box.text.strip())
    return 2 * box.width / cells


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _is_cjk(character: str) -> bool:
    code = ord(character)
    return any(low <= code <= high for low, high in _CJK_BLOCKS)
