"""Synthetic OCR of sampled frames: captions, and everything that is not one."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from captionacc.layout import analyze_layout
from captionacc.model.geometry import OcrBox
from captionacc.model.results import FrameOcr

WIDTH, HEIGHT = 1280, 720
LINE = 0.06
WORDS = ("river", "old", "window", "letter", "tomorrow", "ferry", "nothing", "garden", "silent")
WORDS += ("captain", "morning", "paper", "bridge", "winter", "house", "answer", "engine", "yellow")


class Stage:
    """Samples of one video, one every ``step_s`` seconds, to which text is added."""

    def __init__(self, count=12, step_s=5.0, seed=1):
        self.step_s = step_s
        self.boxes = [[] for _ in range(count)]
        self.rng = random.Random(seed)  # noqa: S311 - reproducible, nothing secret

    @property
    def count(self):
        """Number of samples."""
        return len(self.boxes)

    @property
    def frames(self):
        """The samples as the analysis takes them."""
        return [
            FrameOcr(index, index * self.step_s, tuple(boxes))
            for index, boxes in enumerate(self.boxes)
        ]

    def analyze(self, crop=None):
        """The analysis of these samples."""
        return analyze_layout(self.frames, WIDTH, HEIGHT, crop)

    def phrase(self, low=2, high=6):
        """A few random words, as a caption line has."""
        words = [self.rng.choice(WORDS) for _ in range(self.rng.randint(low, high))]
        return " ".join(words).capitalize() + "."

    def chinese(self):
        """A caption line of eight to thirteen characters."""
        return "".join(
            chr(self.rng.randint(0x4E00, 0x8FFF)) for _ in range(self.rng.randint(8, 13))
        )

    def line(self, text, *, y, x=0.5, align="center", height=LINE):
        """The box of a line whose anchor is at ``x`` and centre at ``y``, with jitter."""
        width = len(text) * 0.45 * height * HEIGHT / WIDTH
        left = {"center": x - width / 2, "left": x, "right": x - width}[align]
        edges = (left, y - height / 2, left + width, y + height / 2)
        shaken = [min(1.0, max(0.0, edge + self.rng.uniform(-0.003, 0.003))) for edge in edges]
        return OcrBox(text, 0.97, *shaken)

    def text(self, text, at=None, **place):
        """The same text in the samples ``at``, or in all."""
        for index in range(self.count) if at is None else at:
            self.boxes[index].append(self.line(text, **place))
        return self

    def captions(self, at=None, *, y=0.91, lines=1, step=1.1, height=LINE, **place):
        """Another caption in each sample ``at`` (two of three if None); lines stack upwards."""
        for index in [i for i in range(self.count) if i % 3] if at is None else at:
            for number in reversed(range(lines)):
                self.boxes[index].append(
                    self.line(self.phrase(), y=y - number * step * height, height=height, **place)
                )
        return self

    def ticker(self, y=0.965, at=None):
        """A text that runs through the frame, cut off left and right."""
        for index in range(self.count) if at is None else at:
            gap = self.rng.uniform(0.3, 0.6)
            for left, right in ((0.0, gap), (gap + 0.08, 1.0)):
                text = self.phrase(4, 6)
                self.boxes[index].append(OcrBox(text, 0.95, left, y - 0.02, right, y + 0.02))
        return self

    def scenery(self, per_frame=2):
        """Signs anywhere, of any size."""
        for boxes in self.boxes:
            for _ in range(per_frame):
                x, y = self.rng.uniform(0.1, 0.9), self.rng.uniform(0.1, 0.8)
                height = self.rng.uniform(0.02, 0.1)
                boxes.append(self.line(self.phrase(1, 2), x=x, y=y, height=height))
        return self

    def mirrored(self):
        """The same places seen in a mirror; texts stay as they are."""
        self.boxes = [
            [replace(box, left=1 - box.right, right=1 - box.left) for box in boxes]
            for boxes in self.boxes
        ]
        return self


@pytest.fixture
def stage():
    """The class that builds samples."""
    return Stage
