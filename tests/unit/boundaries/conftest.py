"""Captions on a moving picture, drawn in memory, as the band reader would hand them over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from captionacc.boundaries.finder import BoundaryFinder
from captionacc.media.band import BandFrame
from captionacc.model.geometry import CropRegion
from captionacc.model.layout import Anchor, CaptionLayout
from captionacc.model.timing import first_sample_from
from captionacc.ocr.detection import TextDetector
from captionacc.ocr.recognition import LineRecognizer
from captionacc.ocr.sessions import SessionOptions
from captionacc.samples.assets import font_path

WIDTH, HEIGHT = 640, 96
FRAME_HEIGHT = 480
LINE_PX = 36
REGION = CropRegion(0.0, 0.8, 1.0, 1.0)
LAYOUT = CaptionLayout(REGION, Anchor.CENTER, 0.5, 0.02, LINE_PX / FRAME_HEIGHT)
FONT_PX = 32


@dataclass(frozen=True)
class Shown:
    """A caption at full strength in native frames ``[first, end)``, faded into and out of."""

    text: str
    first: int
    end: int
    fade: int
    middle: tuple[float, float]

    def strength(self, index):
        """How opaque it is in frame ``index``: 0-1."""
        if not self.first <= index < self.end:
            return 0.0
        nearest = min(index - self.first, self.end - 1 - index)
        return min(1.0, (nearest + 1) / (self.fade + 1))


@cache
def lettering(text, middle):
    """Alpha of the fill and of fill and outline together, each ``(h, w)``, 0-1."""
    font = ImageFont.truetype(str(font_path("source-sans-bold")), FONT_PX)
    layers = []
    for stroke in (0, 2):
        picture = Image.new("L", (WIDTH, HEIGHT))
        pen = ImageDraw.Draw(picture)
        pen.multiline_text(
            middle, text, 255, font, "mm", spacing=2, align="center", stroke_width=stroke
        )
        layers.append(np.asarray(picture, np.float32) / 255)
    return layers


@cache
def scenery(seed):
    """A smooth picture that is wider than the band, so that it can be panned over."""
    random = np.random.default_rng(seed)
    coarse = random.integers(40, 190, (5, 40)).astype(np.float32)
    return cv2.resize(coarse, (WIDTH * 3, HEIGHT), interpolation=cv2.INTER_CUBIC)


class Clip:
    """A video of ``count`` native frames; the picture pans by ``speed`` pixels a frame."""

    def __init__(self, count, fps=25.0, *, speed=2.0, seed=1):
        self.count = count
        self.fps = fps
        self.speed = speed
        self.seed = seed
        self.cuts = []
        self.shown = []
        self.painters = []
        self.layout = LAYOUT

    def caption(self, text, first, end, fade=0, middle=(WIDTH / 2, HEIGHT / 2)):
        """Show ``text`` in native frames ``[first, end)``."""
        self.shown.append(Shown(text, first, end, fade, middle))
        return self

    def cut(self, *indexes):
        """Change the scene behind at each of these frames."""
        self.cuts += indexes
        return self

    def paint(self, painter):
        """Let ``painter(index, picture)`` draw on every frame, under the captions."""
        self.painters.append(painter)
        return self

    def picture(self, index):
        """The luma of a frame, ``(h, w)`` uint8."""
        scene = sum(index >= cut for cut in self.cuts)
        shift = int(index * self.speed) % (2 * WIDTH)
        picture = scenery(self.seed + scene)[:, shift : shift + WIDTH].copy()
        for painter in self.painters:
            painter(index, picture)
        for caption in self.shown:
            strength = caption.strength(index)
            if strength:
                fill, whole = lettering(caption.text, caption.middle)
                picture += strength * (whole * (16 - picture) + fill * (235 - 16))
        grain = np.random.default_rng(index).normal(0, 2, picture.shape)
        return np.clip(picture + grain, 16, 235).astype(np.uint8)

    def frames(self):
        """The band of each native frame."""
        for index in range(self.count):
            first, end = (first_sample_from((index + step) / self.fps, 10.0) for step in (0, 1))
            luma = self.picture(index)
            chroma = np.full((HEIGHT // 2, WIDTH), 128, np.uint8)
            i420 = np.concatenate([luma, chroma]) if end > first else None
            yield BandFrame(index, index / self.fps, range(first, end), luma, i420)

    def search(self, finder=None):
        """The boundaries that are found."""
        finder = finder or finder_for(self.layout)
        for frame in self.frames():
            finder.feed(finder.look(frame))
        return finder.finish(self.count / self.fps)

    def spans(self):
        """First native frame of each caption that is found, and the first after it."""
        return [
            (round(extent.start_pts_s * self.fps), round(extent.end_pts_s * self.fps))
            for extent in self.search().extents
        ]


@cache
def text_models():
    """The real text models, on one thread."""
    options = SessionOptions(threads=1)
    return TextDetector(options), LineRecognizer(options)


def finder_for(layout):
    """A boundary finder for the band of these clips."""
    band = layout.crop_region.to_pixels(WIDTH, FRAME_HEIGHT)
    return BoundaryFinder(*text_models(), layout, band, FRAME_HEIGHT)


@pytest.fixture
def clip():
    """The class that draws clips."""
    return Clip


@pytest.fixture
def finder():
    """A boundary finder with the real text models."""
    return finder_for(LAYOUT)


@pytest.fixture(name="lettering")
def drawn_lettering():
    """Draws text as masks of the band."""
    return lettering
