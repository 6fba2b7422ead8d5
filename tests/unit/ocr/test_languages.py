"""Which engine can write which language."""

import unicodedata

import pytest

from captionacc.errors import UsageError
from captionacc.model.geometry import OcrBox
from captionacc.ocr.factory import create_engine
from captionacc.ocr.language_table import LANGUAGES
from captionacc.ocr.languages import (
    Coverage,
    check_language,
    find_language,
    looks_unwritable,
    require_language,
)


@pytest.mark.parametrize("code", ["en", "fr", "pl", "cs", "tr", "hu", "is", "zh", "zh-tw", "ja"])
def test_default_engine_writes(rapid, code):
    """Chinese, kana and the Latin alphabets of Europe are in the default dictionary."""
    check = check_language(rapid, code)
    assert (check.coverage, check.missing, check.message) == (Coverage.COMPLETE, "", "")


@pytest.mark.parametrize("code", ["ru", "uk", "ar", "fa", "he", "ko", "th", "hi", "vi", "el"])
def test_default_engine_refuses(rapid, code):
    """A script outside of the dictionary is refused, and the engine that has it is named."""
    with pytest.raises(UsageError, match=f"--engine tesseract --language {code}"):
        require_language(rapid, code)


def test_a_missing_mark_is_told_but_no_refusal(rapid):
    """Spanish is read, but the person learns that its opening exclamation mark gets lost."""
    check = require_language(rapid, "es")
    assert (check.coverage, check.missing) == (Coverage.PARTIAL, "¡")
    assert "¡" in check.message


def test_other_data_is_advised_where_tesseract_is_in_use(tesseract):
    """Who uses Tesseract already is not told to use Tesseract."""
    with pytest.raises(UsageError, match="language data of this language"):
        require_language(tesseract, "ru")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("ru", "ru"),
        ("RUS", "ru"),
        ("pt-BR", "pt"),
        ("chi_sim", "zh"),
        ("zh-Hans", "zh"),
        ("zh_Hant", "zh-tw"),
        ("sr_Latn", "sr-latn"),
        ("ger", "de"),
    ],
)
def test_codes_of_several_standards(given, code):
    """Two and three letter codes, regions, scripts and Tesseract's names all find the language."""
    assert find_language(given).code == code


def test_unknown_code_suggests_one():
    """A code that names no language is refused with the nearest that does."""
    with pytest.raises(UsageError, match="Did you mean"):
        find_language("engl")


def test_table_is_consistent():
    """Codes and data names are unique, and letters are composed and appear once."""
    assert len({language.code for language in LANGUAGES}) == len(LANGUAGES)
    assert len({language.tesseract for language in LANGUAGES}) == len(LANGUAGES)
    for language in LANGUAGES:
        letters = language.letters
        assert len(set(letters)) == len(letters), language.name
        assert letters == unicodedata.normalize("NFC", letters), language.name


def test_factory_checks_the_language():
    """An engine that could write nothing right is not made."""
    with pytest.raises(UsageError, match="cannot write Korean"):
        create_engine("rapidocr", language="ko")


def test_factory_makes_the_named_engine():
    """Each engine is made under its own name; Tesseract's language defaults to English."""
    assert create_engine("rapidocr", language="zh").name == "rapidocr"
    assert create_engine("tesseract").name == "tesseract"


def line_boxes(engine, render, texts, **look):
    """The boxes of caption strips of 1280 x 128 pixels, several times over."""
    return [box for text in texts for box in engine.read(render(text, **look))] * 6


def test_unknown_script_is_noticed(rapid, render):
    """Hangul and Cyrillic captions look unwritable to the engine that lacks their letters."""
    hangul = ["무엇이 너를 이곳으로 이끌었나?", "이 칼날에는 어두운 과거가 있다"]
    assert looks_unwritable(line_boxes(rapid, render, hangul, font="cjk"), aspect=10)
    cyrillic = ["Это лезвие помнит всё.", "Кто ты такой, чужестранец?"]
    assert looks_unwritable(line_boxes(rapid, render, cyrillic, font="cyrillic"), aspect=10)


def test_known_script_is_not_suspected(rapid, render):
    """Latin and Chinese captions give no reason for doubt, and a few bad lines prove nothing."""
    latin = ["What brings you here?", "Yes.", "I"]
    assert not looks_unwritable(line_boxes(rapid, render, latin), aspect=10)
    chinese = ["这把刀有黑暗的过去", "走吧"]
    assert not looks_unwritable(line_boxes(rapid, render, chinese, font="cjk"), aspect=10)
    assert not looks_unwritable([OcrBox("?", 0.1, 0, 0, 1, 1)] * 3, aspect=10)
