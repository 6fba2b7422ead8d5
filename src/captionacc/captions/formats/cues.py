"""From captions with times in seconds to cues with times that a file can hold."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pysubs2

from captionacc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from captionacc.model.results import Caption

_FLOAT_ERROR_MS: Final = 1e-3
_BYTE_ORDER_MARK: Final = "\ufeff"
_UNWRITABLE: Final = {"Cc", "Cs"}
"""Control characters and lone surrogates."""

_ESCAPED_BACKSLASH: Final = "\uffff"
"""A noncharacter in a backslash's place while pysubs2, which reads ``\\N`` in any text, has it."""

JOINER: Final = "\u2060"
"""An invisible character of no width that keeps two others from being read as markup."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One entry of a subtitle file: half-open in time, with text of at least one line."""

    start_ms: int
    end_ms: int
    text: str


def cues_of(captions: Iterable[Caption], step_ms: int = 1) -> tuple[Cue, ...]:
    """The cues of all captions with text: in order, none empty in time, none overlapping.

    Times are rounded down to multiples of ``step_ms``. A caption's times are those of the first
    frame that shows it and the first that does not; a player shows a cue on the frames at or
    after its start and before its end, so rounding down keeps exactly those frames, as long as
    a frame lasts longer than a step. Rounding to the nearest would lose a frame every other time.
    """
    shown = _timed_texts(captions, step_ms)
    cues: list[Cue] = []
    earliest = 0
    for number, (start, end, text) in enumerate(shown):
        begin = max(start, earliest)
        following = shown[number + 1][0] if number + 1 < len(shown) else end
        limit = min(end, following) if following > begin else end
        earliest = max(limit, begin + step_ms)
        cues.append(Cue(begin, earliest, text))
    return tuple(cues)


def clean_text(text: str) -> str:
    """``text`` without control characters, blank lines, and spaces at the ends of its lines."""
    lines = ("".join(filter(_is_writable, line)).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def render_with_pysubs2(
    cues: Iterable[Cue], format_name: str, escape: Callable[[str], str], limit_h: int
) -> str:
    """The cues as a file of pysubs2's text formats; ``escape`` makes markup of the text harmless.

    Raises:
        UsageError: a cue is later than the format's ``limit_h`` hours.
    """
    subtitles = pysubs2.SSAFile()
    for cue in cues:
        check_limit(cue, format_name, limit_h)
        text = escape(cue.text).replace("\\", _ESCAPED_BACKSLASH).replace("\n", r"\N")
        subtitles.append(pysubs2.SSAEvent(start=cue.start_ms, end=cue.end_ms, text=text))
    rendered = subtitles.to_string(format_name, keep_ssa_tags=True)
    return rendered.replace(_ESCAPED_BACKSLASH, "\\")


def check_limit(cue: Cue, format_name: str, limit_h: int) -> None:
    """Refuse a cue whose times the format has no digits for.

    Raises:
        UsageError: it ends after ``limit_h`` hours.
    """
    if cue.end_ms >= limit_h * 3_600_000:
        raise UsageError(
            f"The format {format_name} cannot hold times of {limit_h} hours and more.",
            "Choose the format json, which holds any.",
        )


def _timed_texts(captions: Iterable[Caption], step_ms: int) -> list[tuple[int, int, str]]:
    """Start, end and text of the captions that have text, by start and end."""
    timed = (
        (
            _round_down(caption.start_s, step_ms),
            _round_down(caption.end_s, step_ms),
            clean_text(caption.text),
        )
        for caption in captions
    )
    return sorted((entry for entry in timed if entry[2]), key=lambda entry: entry[:2])


def _round_down(seconds: float, step_ms: int) -> int:
    return max(math.floor((seconds * 1000 + _FLOAT_ERROR_MS) / step_ms) * step_ms, 0)


def _is_writable(character: str) -> bool:
    if character in {"\t", _BYTE_ORDER_MARK}:
        return character == "\t"
    is_noncharacter = ord(character) & 0xFFFE == 0xFFFE  # noqa: PLR2004 -- Unicode's own rule
    return not is_noncharacter and unicodedata.category(character) not in _UNWRITABLE
