"""The default engine: the PP-OCRv6 models of rapidocr, run on our own sessions.

Only rapidocr's models are used. Its pipeline enlarges or pads caption strips, keeps sessions of
its own, and spends as long around the models as a small strip needs inside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from captionacc.model.geometry import OcrBox
from captionacc.ocr.lines import MAX_SIDE_PX, LineFinder, cut_line
from captionacc.ocr.recognition import LineRecognizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.ocr.protocol import Image, LineRegion
    from captionacc.ocr.sessions import SessionOptions


class RapidOcrEngine:
    """Reads Chinese, kana and most Latin alphabets; finds lines of any script."""

    def __init__(
        self, options: SessionOptions | None = None, max_side_px: int = MAX_SIDE_PX
    ) -> None:
        self._finder = LineFinder(options, max_side_px)
        self._recognizer = LineRecognizer(options)

    @property
    def name(self) -> str:
        """``rapidocr``."""
        return "rapidocr"

    @property
    def alphabet(self) -> frozenset[str]:
        """Every character that this engine can write."""
        return self._recognizer.alphabet

    def missing_characters(self, text: str) -> str:
        """The distinct characters of ``text`` that are not in the model's dictionary."""
        known = self.alphabet
        return "".join(
            dict.fromkeys(char for char in text if char not in known and not char.isspace())
        )

    def find_lines(self, image: Image) -> tuple[LineRegion, ...]:
        """Lines of text in a BGR image ``(h, w, 3)``, from top to bottom, unread."""
        return self._finder.find_lines(image)

    def recognize(self, images: Sequence[Image]) -> list[tuple[str, float]]:
        """Text and confidence 0-1 of each line image (BGR), in order."""
        return self._recognizer.recognize(images)

    def read(self, image: Image) -> tuple[OcrBox, ...]:
        """The lines of a BGR image ``(h, w, 3)`` with their text, from top to bottom."""
        lines = self.find_lines(image)
        texts = self.recognize([cut_line(image, line) for line in lines])
        return tuple(
            OcrBox(text, confidence, line.left, line.top, line.right, line.bottom)
            for line, (text, confidence) in zip(lines, texts, strict=True)
            if text.strip()
        )
