"""What a person should look at."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import Levenshtein

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from captionacc.model.results import Caption

LOW_CONFIDENCE: Final = 0.85
"""Engines that read a line right are mostly above; below it, one in a few lines has an error."""

VERY_SHORT_S: Final = 0.5
"""Shorter than anybody can read: often a flicker, or two captions cut apart."""

NEAR_DUPLICATE: Final = 0.25
"""At most this share of the characters differs: one caption cut apart, or misread on one side."""

NEIGHBOUR_GAP_S: Final = 1.0
"""Captions further apart than this are no neighbours."""

_OVERLAP_TOLERANCE_S: Final = 1e-6
_NEVER_TEXT: Final = {"Cc", "Cn", "Co", "Cs"}
_REPLACEMENT: Final = "\ufffd"


class Flag(StrEnum):
    """A doubt about one caption."""

    LOW_CONFIDENCE = "low_confidence"
    VERY_SHORT = "very_short"
    NEAR_DUPLICATE_NEIGHBOUR = "near_duplicate_neighbour"
    TEXT_OUTSIDE_DICTIONARY = "text_outside_dictionary"
    EMPTY_TEXT = "empty_text"
    OVERLAP = "overlap"


def flag_captions(
    captions: Sequence[Caption], alphabet: Container[str] | None = None
) -> tuple[Caption, ...]:
    """The captions with their flags, in place of any they had.

    Args:
        captions: In order of time.
        alphabet: The characters that the engine can write; without it only characters that are
            no text at all are outside. White space is always inside.
    """
    flagged: list[Caption] = []
    for index, caption in enumerate(captions):
        neighbours = (*captions[max(index - 1, 0) : index], *captions[index + 1 : index + 2])
        flags = tuple(flag.value for flag in _flags(caption, neighbours, alphabet))
        flagged.append(replace(caption, flags=flags))
    return tuple(flagged)


def _flags(
    caption: Caption, neighbours: Sequence[Caption], alphabet: Container[str] | None
) -> Iterator[Flag]:
    if not caption.text.strip():
        yield Flag.EMPTY_TEXT
    elif caption.confidence < LOW_CONFIDENCE:
        yield Flag.LOW_CONFIDENCE
    if caption.end_s - caption.start_s < VERY_SHORT_S:
        yield Flag.VERY_SHORT
    if any(_is_near_duplicate(caption, other) for other in neighbours):
        yield Flag.NEAR_DUPLICATE_NEIGHBOUR
    if not all(_is_inside(character, alphabet) for character in caption.text):
        yield Flag.TEXT_OUTSIDE_DICTIONARY
    if any(_overlaps(caption, other) for other in neighbours):
        yield Flag.OVERLAP


def _is_near_duplicate(caption: Caption, other: Caption) -> bool:
    gap_s = max(other.start_s - caption.end_s, caption.start_s - other.end_s)
    text, other_text = _folded(caption.text), _folded(other.text)
    if gap_s > NEIGHBOUR_GAP_S or not text or not other_text:
        return False
    return Levenshtein.normalized_distance(text, other_text) <= NEAR_DUPLICATE


def _folded(text: str) -> str:
    """The text as far as it matters for comparison: no spaces, width forms or upper case."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _is_inside(character: str, alphabet: Container[str] | None) -> bool:
    if character.isspace():
        return True
    if alphabet is not None:
        return character in alphabet
    return character != _REPLACEMENT and unicodedata.category(character) not in _NEVER_TEXT


def _overlaps(caption: Caption, other: Caption) -> bool:
    common_s = min(caption.end_s, other.end_s) - max(caption.start_s, other.start_s)
    return common_s > _OVERLAP_TOLERANCE_S
