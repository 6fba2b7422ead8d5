"""Whether two neighbouring runs of frames show one caption: by strokes, and by reading."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from captionacc.boundaries.features import WorkingSize
from captionacc.boundaries.joining import Joiner
from captionacc.boundaries.presence import Rect
from captionacc.boundaries.segment import Sample, Segment
from captionacc.captions.lasting import gradient_field
from captionacc.model.geometry import PixelRect
from captionacc.ocr.recognition import Character

WIDTH, HEIGHT = 320, 48
RECT = Rect(32, 12, 288, 36)
LETTERS = 16


@dataclass
class ReaderOfLevels:
    """Reads what is written down for a picture's level of chroma; counts its readings."""

    texts: dict[int, str]
    sure: float = 0.99
    readings: list[int] = field(default_factory=list)

    def spell(self, images):
        """The characters of each line, evenly spaced."""
        return [
            self._line(int(np.median(image[..., 0]) - np.median(image[..., 1]))) for image in images
        ]

    def _line(self, level):
        nearest = min(self.texts, key=lambda known: abs(known - level))
        self.readings.append(nearest)
        text = self.texts[nearest]
        return tuple(
            Character(letter, self.sure, (place + 0.5) / len(text))
            for place, letter in enumerate(text)
        )


def strokes(*seeds):
    """Luma of a line whose 16 letters are random strokes, one seed each."""
    luma = np.full((HEIGHT, WIDTH), 90, np.uint8)
    for place, seed in enumerate(seeds):
        letter = np.random.default_rng(seed).integers(0, 2, (6, 4)).astype(np.uint8) * 140 + 80
        luma[12:36, 32 + 16 * place : 48 + 16 * place] = np.kron(letter, np.ones((4, 4), np.uint8))
    return luma


def run(luma, level, first=0, count=4):
    """A segment of ``count`` samples, with noise of their own, whose pictures have one chroma."""
    segment = None
    for index in range(first, first + count):
        noise = np.random.default_rng(index).normal(0, 3, luma.shape)
        noisy = np.clip(luma + noise, 16, 235).astype(np.uint8)
        blue = np.full((HEIGHT // 4, WIDTH), 128 + level, np.uint8)
        i420 = np.concatenate([noisy, blue, np.full((HEIGHT // 4, WIDTH), 128, np.uint8)])
        sample = Sample(index, index / 10, gradient_field(noisy), i420)
        if segment is None:
            segment = Segment.begin((RECT,), None, sample)
        else:
            segment.add(sample)
    return segment


def joiner(texts, sure=0.99):
    """A joiner and its reader."""
    reader = ReaderOfLevels(texts, sure)
    return Joiner(reader, WorkingSize.of_band(PixelRect(0, 0, WIDTH, HEIGHT), 24)), reader


ONE = strokes(*range(LETTERS))
ONE_LETTER_OTHER = strokes(*range(7), 99, *range(8, LETTERS))
OTHER = strokes(*range(50, 50 + LETTERS))


def test_the_same_strokes_need_no_reading() -> None:
    """Runs that look alike are one caption, and nothing is read."""
    judge, reader = joiner({0: "sixteen letters!"})
    assert judge.is_same(run(ONE, 0), run(ONE, 0, first=4))
    assert reader.readings == []


def test_other_strokes_are_another_caption() -> None:
    """Runs that have nothing in common are two captions, whatever they read."""
    judge, _ = joiner({0: "sixteen letters!"})
    assert not judge.is_same(run(ONE, 0), run(OTHER, 0, first=4))


def test_a_letter_that_differs_in_strokes_and_reading_makes_another() -> None:
    """One legible letter that differs is enough."""
    judge, _ = joiner({0: "sixteenxletters!", 60: "sixteenyletters!"})
    assert not judge.is_same(run(ONE, 0), run(ONE_LETTER_OTHER, 60, first=4))


def test_strokes_that_differ_but_read_the_same_are_one_caption() -> None:
    """A part of the picture behind does not make another caption."""
    judge, _ = joiner({0: "sixteen letters!"})
    assert judge.is_same(run(ONE, 0), run(ONE_LETTER_OTHER, 0, first=4))


def test_illegible_letters_make_no_difference() -> None:
    """What cannot be read for sure is no reason to part two runs."""
    judge, _ = joiner({0: "sixteenxletters!", 60: "sixteenyletters!"}, sure=0.2)
    assert judge.is_same(run(ONE, 0), run(ONE_LETTER_OTHER, 60, first=4))


@pytest.mark.parametrize(("gap", "same"), [(0, True), (2, True), (8, False)])
def test_only_close_neighbours_are_one_caption(gap, same) -> None:
    """The same words again after a pause are another caption."""
    judge, _ = joiner({0: "sixteen letters!"})
    assert judge.is_same(run(ONE, 0), run(ONE, 0, first=4 + gap)) is same


def test_a_run_is_read_once() -> None:
    """Its letters are kept for the next question."""
    judge, reader = joiner({0: "sixteen letters!"})
    segment = run(ONE, 0)
    first = judge.read(segment)
    assert judge.read(segment) == first
    assert len(reader.readings) == 1
    assert "".join(letter.text for letter in first) == "sixteenletters!"
    assert all(RECT.left < letter.x < RECT.right for letter in first)
