"""Joins segments that show one and the same caption.

Strokes settle the clear cases. In between, a scene cut or a bright picture behind thin strokes
looks like another caption, and a single changed letter looks like none: there both are read, and
a letter that differs counts if it is clearly legible on both sides and its strokes differ too.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Protocol, cast

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.boundaries.features import Image, WorkingSize
    from captionacc.boundaries.presence import Rect
    from captionacc.boundaries.segment import Segment
    from captionacc.ocr.recognition import Character

_SAME_WEAKEST = 0.8
_DIFFERENT_OVERALL = 0.25
_DIFFERENT_TEXT = 0.6
_MAX_GAP_SAMPLES = 3
_GAP_OVERALL = 0.7
_LEGIBLE = 0.75
_LOCAL_SAME = 0.6
_PAD = 0.15
"""Margin around a line when it is cut out to be read, as a part of its height."""


class LineReader(Protocol):
    """What reads line images: :class:`captionacc.ocr.recognition.LineRecognizer`."""

    def spell(self, images: Sequence[Image]) -> list[tuple[Character, ...]]:
        """The characters of each BGR line image, left to right."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A character of a reading, with its place in the band at the working scale, in pixels."""

    text: str
    probability: float
    x: float
    top: int
    bottom: int


class Joiner:
    """Decides whether two neighbouring segments are one caption."""

    def __init__(self, reader: LineReader, size: WorkingSize) -> None:
        self._reader = reader
        self._size = size
        self.readings = 0

    def is_same(self, earlier: Segment, later: Segment) -> bool:
        """Whether ``later`` shows the caption of ``earlier`` and follows it closely."""
        gap = later.first - earlier.end
        if gap > _MAX_GAP_SAMPLES:
            return False
        match = earlier.template.match_template(later.template)
        if gap > 0:
            return match.overall >= _GAP_OVERALL and self._reads_same(earlier, later)
        if match.weakest >= _SAME_WEAKEST:
            return True
        if match.overall < _DIFFERENT_OVERALL:
            return False
        return self._reads_same(earlier, later)

    def read(self, segment: Segment) -> tuple[Letter, ...]:
        """The letters of a segment, line by line, without white space."""
        if segment.letters is None:
            self.readings += 1
            median = _median(segment.pictures)
            picture = cast("Image", cv2.cvtColor(median, cv2.COLOR_YUV2BGR_I420))
            cuts = [self._cut(picture, rect) for rect in segment.rects]
            lines = zip(segment.rects, self._reader.spell(cuts), strict=True)
            segment.letters = tuple(
                _letter(character, rect)
                for rect, line in lines
                for character in line
                if not character.text.isspace()
            )
        return segment.letters

    def _reads_same(self, earlier: Segment, later: Segment) -> bool:
        left, right = self.read(earlier), self.read(later)
        texts = [_folded(left), _folded(right)]
        matcher = SequenceMatcher(None, *texts, autojunk=False)
        if matcher.ratio() < _DIFFERENT_TEXT:
            return False
        return not any(
            tag != "equal" and self._is_change(earlier, later, left[a:b], right[c:d])
            for tag, a, b, c, d in matcher.get_opcodes()
        )

    def _is_change(
        self, earlier: Segment, later: Segment, left: Sequence[Letter], right: Sequence[Letter]
    ) -> bool:
        """Whether letters that differ between two readings differ in the picture."""
        letters = (*left, *right)
        if min(letter.probability for letter in letters) < _LEGIBLE:
            return False
        reach = max(letter.bottom - letter.top for letter in letters) // 2
        area = np.s_[
            min(letter.top for letter in letters) : max(letter.bottom for letter in letters),
            max(int(min(letter.x for letter in letters)) - reach, 0) : int(
                max(letter.x for letter in letters)
            )
            + reach,
        ]
        return earlier.template.match_area(later.template, area) < _LOCAL_SAME

    def _cut(self, picture: Image, rect: Rect) -> Image:
        scale = picture.shape[1] / self._size.width
        pad = _PAD * rect.height * scale
        top, bottom = int(rect.top * scale - pad), int(rect.bottom * scale + pad)
        left, right = int(rect.left * scale - pad), int(rect.right * scale + pad)
        return picture[max(top, 0) : bottom, max(left, 0) : right]


def _letter(character: Character, rect: Rect) -> Letter:
    x = rect.left + character.place * (rect.right - rect.left)
    return Letter(character.text, character.probability, x, rect.top, rect.bottom)


def _folded(letters: Sequence[Letter]) -> list[str]:
    return [unicodedata.normalize("NFKC", letter.text).casefold() for letter in letters]


def _median(pictures: list[Image]) -> Image:
    if len(pictures) == 1:
        return pictures[0]
    return np.median(np.stack(pictures), axis=0).astype(np.uint8)
