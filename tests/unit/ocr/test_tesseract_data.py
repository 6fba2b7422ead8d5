"""Tesseract's language data: where it is looked for, and what is said when it is missing."""

import sys
from pathlib import Path

import pytest

from captionacc.errors import MissingDependencyError
from captionacc.ocr.tesseract import TesseractEngine, find_tessdata


@pytest.fixture
def data_folder(tmp_path):
    """A folder that claims to hold two languages."""
    for language in ("xxa", "xxb"):
        (tmp_path / f"{language}.traineddata").write_bytes(b"")
    return tmp_path


def test_given_folder_comes_first(data_folder):
    """The folder of the setting is the only one that is looked into."""
    assert find_tessdata("xxa", data_folder) == data_folder
    with pytest.raises(MissingDependencyError, match=str(data_folder)):
        find_tessdata("eng", data_folder)


def test_tesseracts_own_variable_is_obeyed(data_folder, monkeypatch):
    """``TESSDATA_PREFIX`` names the folder, as it does for Tesseract itself."""
    monkeypatch.setenv("TESSDATA_PREFIX", str(data_folder))
    assert find_tessdata("xxa+xxb") == data_folder


def test_data_of_pip_packages_is_found(monkeypatch):
    """Language data that was installed with pip needs no setting."""
    monkeypatch.delenv("TESSDATA_PREFIX", raising=False)
    assert find_tessdata("eng") == Path(sys.prefix) / "share" / "tessdata"


def test_every_part_must_be_there(data_folder):
    """Of two languages, both need their data."""
    with pytest.raises(MissingDependencyError, match=r"xxc\.traineddata"):
        find_tessdata("xxa+xxc", data_folder)


def test_missing_data_names_the_package():
    """Who lacks a language's data reads which package holds it, and which setting names it."""
    with pytest.raises(MissingDependencyError) as caught:
        TesseractEngine("chi_xxx")
    assert "apt install tesseract-ocr-chi-xxx" in caught.value.hint
    assert "CAPTIONACC_TESSDATA_DIR" in caught.value.hint


def test_broken_data_is_no_crash(data_folder):
    """A data file that is none is reported like a missing one."""
    with pytest.raises(MissingDependencyError, match="cannot be used"):
        TesseractEngine("xxa", data_folder)
