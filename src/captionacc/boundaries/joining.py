"""Joins segments that show one and the same caption.

Strokes settle the clear cases. In between, a scene cut or a bright picture behind thin strokes
looks like another caption, and a single changed letter looks like none: there both are read, and
a letter that differs counts if it is legible, its strokes differ too, and single pictures are not
read alike.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from statistics import fmean
from typing import TYPE_CHECKING, Protocol, cast

import cv2
import numpy as np

from captionacc.boundaries.segment import SAME_FINEST
from captionacc.media.images import median_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.boundaries.features import Image, WorkingSize
    from captionacc.boundaries.presence import Rect
    from captionacc.boundaries.segment import Segment
    from captionacc.ocr.recognition import Character

_DIFFERENT_OVERALL = 0.25
_DIFFERENT_TEXT = 0.6
_MAX_GAP_SAMPLES = 3
_GAP_OVERALL = 0.7

_FADING_OVERALL = 0.4
"""A single sample like this is the caption beside it, fading or disturbed."""

_LEGIBLE = 0.4
"""Mean probability from which letters that differ between two readings count."""

_LEGIBLE_EXTRA = 0.75
"""The same for letters that only one of them has; they may be part of the picture."""

_SAME_LETTER = 0.97
_MAX_VARIANTS = 3

_PAD = 0.05
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

    def is_same(self, earlier: Segment, later: Segment) -> bool:
        """Whether ``later`` shows the caption of ``earlier`` and follows it closely."""
        gap = later.first - earlier.end
        if gap > _MAX_GAP_SAMPLES:
            return False
        match = earlier.template.match_template(later.template)
        if gap > 0:
            return match.overall >= _GAP_OVERALL and self.reads_same(earlier, later)
        if match.finest >= SAME_FINEST:
            return True
        if min(len(earlier.template), len(later.template)) == 1:
            return match.overall >= _FADING_OVERALL or self.reads_same(earlier, later)
        if match.overall < _DIFFERENT_OVERALL:
            return False
        return self.reads_same(earlier, later)

    def read(self, segment: Segment) -> tuple[Letter, ...]:
        """The letters of a segment, line by line, without white space."""
        if segment.letters is None:
            segment.letters = self._spell(median_image(segment.pictures), segment.rects)
        return segment.letters

    def _spell(self, i420: Image, rects: Sequence[Rect]) -> tuple[Letter, ...]:
        picture = cast("Image", cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420))
        cuts = [self._cut(picture, rect) for rect in rects]
        return tuple(
            _letter(character, rect)
            for rect, line in zip(rects, self._reader.spell(cuts), strict=True)
            for character in line
            if not character.text.isspace()
        )

    def reads_same(self, earlier: Segment, later: Segment) -> bool:
        """Whether two segments read the same, as far as their letters can be trusted."""
        left, right = self.read(earlier), self.read(later)
        texts = [_folded(left), _folded(right)]
        matcher = SequenceMatcher(None, *texts, autojunk=False)
        if matcher.ratio() < _DIFFERENT_TEXT:
            return False
        is_changed = any(
            tag != "equal" and self._is_change(earlier, later, left[a:b], right[c:d])
            for tag, a, b, c, d in matcher.get_opcodes()
        )
        return not is_changed or self._agree(earlier, later)

    def _agree(self, earlier: Segment, later: Segment) -> bool:
        """Whether single pictures of both are read alike: then it is the reading that wavers."""
        left, right = self._variants(earlier), self._variants(later)
        return left.most_common(1)[0][0] in right or right.most_common(1)[0][0] in left

    def _variants(self, segment: Segment) -> Counter[str]:
        pictures = segment.pictures[-_MAX_VARIANTS:]
        variants = Counter([_text(self.read(segment))])
        if len(pictures) > 1:
            variants.update(_text(self._spell(picture, segment.rects)) for picture in pictures)
        return variants

    def _is_change(
        self, earlier: Segment, later: Segment, left: Sequence[Letter], right: Sequence[Letter]
    ) -> bool:
        """Whether letters that differ between two readings differ in the picture."""
        letters = (*left, *right)
        legible = fmean(letter.probability for letter in letters)
        if legible < (_LEGIBLE if left and right else _LEGIBLE_EXTRA):
            return False
        reach = max(letter.bottom - letter.top for letter in letters) // 2
        area = np.s_[
            min(letter.top for letter in letters) : max(letter.bottom for letter in letters),
            max(int(min(letter.x for letter in letters)) - reach, 0) : int(
                max(letter.x for letter in letters)
            )
            + reach,
        ]
        if earlier.covers(area) or later.covers(area):
            return False
        return earlier.template.match_area(later.template, area) < _SAME_LETTER

    def _cut(self, picture: Image, rect: Rect) -> Image:
        scale = self._size.factor
        pad = _PAD * (rect.bottom - rect.top) * scale
        top, bottom = int(rect.top * scale - pad), int(rect.bottom * scale + pad)
        left, right = int(rect.left * scale - pad), int(rect.right * scale + pad)
        return picture[max(top, 0) : bottom, max(left, 0) : right]


def _letter(character: Character, rect: Rect) -> Letter:
    x = rect.left + character.place * (rect.right - rect.left)
    return Letter(character.text, character.probability, x, rect.top, rect.bottom)


def _folded(letters: Sequence[Letter]) -> list[str]:
    return [unicodedata.normalize("NFKC", letter.text).casefold() for letter in letters]


def _text(letters: Sequence[Letter]) -> str:
    return "".join(_folded(letters))
