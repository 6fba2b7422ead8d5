"""One reading per caption."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from captionacc.captions.reading import read_caption, reading_of
from captionacc.model.geometry import OcrBox
from captionacc.ocr.factory import create_engine
from captionacc.ocr.protocol import LineRegion


@dataclass
class ScriptedEngine:
    """An engine that answers with what is written down for an image's brightness."""

    answers: dict[int, tuple[OcrBox, ...]]
    name: str = "scripted"
    seen: list[int] = field(default_factory=list)

    def read(self, image: np.ndarray) -> tuple[OcrBox, ...]:
        """The answer for the median brightness of ``image``."""
        self.seen.append(int(np.median(image)))
        return self.answers.get(self.seen[-1], ())

    def missing_characters(self, text: str) -> str:
        """None is missing."""
        return text[:0]

    def find_lines(self, image: np.ndarray) -> tuple:
        """No lines."""
        return tuple(image[:0])

    def recognize(self, images: list[np.ndarray]) -> list[tuple[str, float]]:
        """Nothing is legible."""
        return [("", 0.0) for _ in images]


@dataclass
class MeasuringEngine(ScriptedEngine):
    """An engine that finds one line everywhere and notes the heights of what it is given."""

    answers: dict[int, tuple[OcrBox, ...]] = field(default_factory=dict)
    found_in: list[int] = field(default_factory=list)
    read_in: list[int] = field(default_factory=list)

    def find_lines(self, image: np.ndarray) -> tuple[LineRegion, ...]:
        """A line through the middle."""
        self.found_in.append(len(image))
        corners = ((0.2, 0.25), (0.8, 0.25), (0.8, 0.75), (0.2, 0.75))
        return (LineRegion(0.2, 0.25, 0.8, 0.75, corners, 1.0),)

    def recognize(self, images: list[np.ndarray]) -> list[tuple[str, float]]:
        """All are legible."""
        self.read_in += map(len, images)
        return [("Hello", 0.95) for _ in images]


def row(text: str, sure: float, top: float = 0.2) -> OcrBox:
    """A row of text."""
    return OcrBox(text, sure, 0.1, top, 0.9, top + 0.2)


def frame(level: int, *, sharp: bool = False) -> np.ndarray:
    """An even picture; a sharp one has a thin bright line."""
    image = np.full((20, 40, 3), level, np.uint8)
    if sharp:
        image[10] = 255
    return image


def test_a_sure_median_is_read_once() -> None:
    """One OCR is enough when the median is read with confidence."""
    engine = ScriptedEngine({20: (row("world", 0.9, 0.6), row("Hello", 0.95))})
    reading = read_caption([frame(10), frame(20), frame(30)], engine)
    assert reading.text == "Hello\nworld"
    assert [box.text for box in reading.lines] == ["Hello", "world"]
    assert engine.seen == [20]


def test_large_lines_are_found_small_and_read_large() -> None:
    """Lines are found at the scale at which they are found best, and cut from the full picture."""
    engine = MeasuringEngine()
    reading = read_caption([np.full((120, 400, 3), 20, np.uint8)], engine, line_px=60)
    assert reading.text == "Hello"
    assert engine.found_in == [40]
    assert engine.read_in == [60]
    assert engine.seen == []


def test_a_doubtful_median_gives_way_to_a_better_frame() -> None:
    """The sharpest frame of the middle is read as well, and kept if it is surer."""
    engine = ScriptedEngine({20: (row("He1lo", 0.6),), 40: (row("Hello", 0.95),)})
    frames = [frame(10, sharp=True), frame(10), frame(20), frame(40, sharp=True), frame(60)]
    frames.append(frame(70, sharp=True))
    assert read_caption(frames, engine).text == "Hello"
    assert engine.seen == [20, 40]


@pytest.mark.parametrize(
    "second", [row("Hello over there", 0.5), row("He", 0.99)], ids=["doubtful", "incomplete"]
)
def test_a_worse_frame_does_not_replace_the_median(second: OcrBox) -> None:
    """A second reading that is less sure, or lost text, is not taken."""
    engine = ScriptedEngine({20: (row("Hello there", 0.6),), 50: (second,)})
    frames = [frame(10), frame(50, sharp=True), frame(20)]
    assert read_caption(frames, engine).text == "Hello there"


def test_a_frame_speaks_for_an_empty_median_only_when_sure() -> None:
    """Where the median shows nothing, doubtful text of one frame is background."""
    frames = [frame(10), frame(50, sharp=True), frame(20)]
    assert read_caption(frames, ScriptedEngine({50: (row("sign", 0.7),)})).text == ""
    assert read_caption(frames, ScriptedEngine({50: (row("Hello", 0.95),)})).text == "Hello"


def test_a_single_frame_is_read_once() -> None:
    """A caption of one frame has no second picture to look at."""
    engine = ScriptedEngine({10: (row("Hello", 0.5),)})
    assert read_caption([frame(10)], engine).confidence == 0.5
    assert engine.seen == [10]


def test_boxes_outside_of_the_caption_are_dropped() -> None:
    """What the filter refuses reaches neither text nor confidence."""
    engine = ScriptedEngine({10: (row("Hello", 0.875), row("LOGO", 0.1, 0.7))})
    reading = read_caption(
        [frame(10)], engine, lambda boxes: [box for box in boxes if box.top < 0.5]
    )
    assert reading == ("Hello", 0.875, (row("Hello", 0.875),))


def test_confidence_is_weighted_by_length() -> None:
    """A long line counts for more than a short one; without text there is none."""
    reading = reading_of([row("abcdef", 0.75), row("ab", 0.5, 0.6)])
    assert reading.confidence == pytest.approx(0.6875)
    assert reading_of([]) == ("", 0.0, ())


def test_no_frames_cannot_be_read() -> None:
    """A caption without frames is the caller's mistake."""
    with pytest.raises(ValueError, match="frames"):
        read_caption([], ScriptedEngine({}))


def test_text_on_a_restless_background_is_read_exactly() -> None:
    """The real engine reads a caption whose background changes with every frame."""
    random = np.random.default_rng(7)
    frames = []
    for _ in range(9):
        image = cv2.resize(random.integers(0, 255, (12, 80, 3), np.uint8), (960, 144))
        for color, width in (((0, 0, 0), 9), ((255, 255, 255), 3)):
            cv2.putText(image, "Never twice the same", (90, 90), 0, 2.0, color, width, cv2.LINE_AA)
        frames.append(image)
    reading = read_caption(frames, create_engine())
    assert reading.text == "Never twice the same"
    assert reading.confidence > 0.9
