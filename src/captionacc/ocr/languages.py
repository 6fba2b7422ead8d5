"""Whether an engine can write a language, and whether what it read looks as if it could not."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING

from captionacc.errors import UsageError
from captionacc.ocr.language_table import ALIASES, LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.model.geometry import OcrBox
    from captionacc.ocr.language_table import Language
    from captionacc.ocr.protocol import OcrEngine

_TOLERABLE_SHARE = 0.1
_LETTERS_SHOWN = 12
_FEWEST_LINES = 6
_DOUBTFUL_SHARE = 0.5
_DOUBTFUL_CONFIDENCE = 0.8
_WIDEST_CHARACTER = 2.0


class Coverage(StrEnum):
    """How much of a language's alphabet an engine can write."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class LanguageCheck:
    """What an engine lacks for a language.

    Attributes:
        language: The language that was asked about.
        coverage: ``NONE`` where more than a tenth of the letters is missing: no text would come
            out right.
        missing: The letters that it cannot write.
        message: What to tell the person, with what to do; empty if nothing is missing.
    """

    language: Language
    coverage: Coverage
    missing: str
    message: str


def find_language(code: str) -> Language:
    """The language of an ISO 639 code (``ru``, ``rus``, ``pt-BR``) or Tesseract name (``chi_sim``).

    Raises:
        UsageError: no such language is known.
    """
    known = _by_code()
    full = _normal(code)
    for key in (full, full.partition("-")[0]):
        if found := known.get(ALIASES.get(key, key)):
            return found
    near = get_close_matches(full, known, n=1)
    guess = f" Did you mean {near[0]}?" if near else ""
    raise UsageError(
        f"The language {code!r} is not known.{guess}", "Give an ISO 639 code, such as en, zh or ru."
    )


def check_language(engine: OcrEngine, code: str) -> LanguageCheck:
    """Compare what ``code`` needs with what ``engine`` can write.

    Raises:
        UsageError: no such language is known.
    """
    language = find_language(code)
    missing = engine.missing_characters(language.letters)
    if not missing:
        return LanguageCheck(language, Coverage.COMPLETE, "", "")
    tolerable = len(missing) <= _TOLERABLE_SHARE * len(language.letters)
    coverage = Coverage.PARTIAL if tolerable else Coverage.NONE
    return LanguageCheck(language, coverage, missing, _message(engine, language, missing, coverage))


def require_language(engine: OcrEngine, code: str) -> LanguageCheck:
    """:func:`check_language`, refusing a language of which the engine would get no text right.

    Raises:
        UsageError: the engine cannot write the language, or it is not known.
    """
    check = check_language(engine, code)
    if check.coverage is Coverage.NONE:
        raise UsageError(check.message)
    return check


def looks_unwritable(boxes: Sequence[OcrBox], aspect: float) -> bool:
    """Whether caption lines look as if their script were unknown to the engine that read them.

    An engine meets unknown letters in two ways: it takes them for others, without confidence, or
    it passes them over, and a long line comes out as a full stop.

    Args:
        boxes: Lines of captions, of several captions; too few of them prove nothing.
        aspect: Width by height, in pixels, of the frame that the boxes are normalised in.
    """
    doubtful = sum(
        box.confidence < _DOUBTFUL_CONFIDENCE
        or box.width * aspect > _WIDEST_CHARACTER * box.height * len("".join(box.text.split()))
        for box in boxes
    )
    return len(boxes) >= _FEWEST_LINES and doubtful >= _DOUBTFUL_SHARE * len(boxes)


def _message(engine: OcrEngine, language: Language, missing: str, coverage: Coverage) -> str:
    verb = "cannot write" if coverage is Coverage.NONE else "cannot write all of"
    more = " and others" if len(missing) > _LETTERS_SHOWN else ""
    advice = (
        f"Use: --engine tesseract --language {language.code}"
        if engine.name != "tesseract"
        else "Use the language data of this language, or another engine."
    )
    letters = " ".join(missing[:_LETTERS_SHOWN])
    return f"{engine.name} {verb} {language.name}: it lacks {letters}{more}. {advice}"


def _normal(code: str) -> str:
    return code.lower().replace("_", "-")


def _by_code() -> dict[str, Language]:
    by_name = {_normal(language.tesseract): language for language in LANGUAGES}
    return by_name | {language.code: language for language in LANGUAGES}
