"""From the names on the command line to an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captionacc.ocr.languages import find_language, require_language
from captionacc.ocr.rapid import RapidOcrEngine
from captionacc.ocr.tesseract import TesseractEngine

if TYPE_CHECKING:
    from pathlib import Path

    from captionacc.ocr.protocol import OcrEngine
    from captionacc.ocr.sessions import SessionOptions
    from captionacc.settings import OcrEngineName

_DEFAULT_LANGUAGE = "en"


def create_engine(
    name: OcrEngineName = "rapidocr",
    options: SessionOptions | None = None,
    language: str | None = None,
    tessdata_dir: Path | None = None,
) -> OcrEngine:
    """The engine ``name``, ready to read.

    Args:
        name: ``rapidocr`` or ``tesseract``.
        options: How models run; the defaults if None.
        language: ISO 639 code or Tesseract name. The default engine only checks that it can write
            it; Tesseract reads English if None.
        tessdata_dir: Folder with Tesseract's language data; the usual places if None.

    Raises:
        UsageError: no such language is known, or the engine cannot write it.
        MissingDependencyError: a library, model or language data is not installed.
    """
    if name == "tesseract":
        data = find_language(language or _DEFAULT_LANGUAGE).tesseract
        return TesseractEngine(data, tessdata_dir, options)
    engine = RapidOcrEngine(options)
    if language is not None:
        require_language(engine, language)
    return engine
