"""What a search holds in memory does not grow with the length of the video."""

from __future__ import annotations

import gc
import tracemalloc

import cv2
import numpy as np
import pytest

from captionacc.boundaries.finder import BoundaryFinder
from captionacc.media.band import BandFrame
from captionacc.model.geometry import CropRegion
from captionacc.model.layout import Anchor, CaptionLayout
from captionacc.ocr.recognition import Character

WIDTH, HEIGHT = 160, 48
CYCLES, CYCLE_S = 5, 25
ALLOWED_GROWTH_BYTES = 1_000_000


class BrightnessDetector:
    """Takes the box around everything bright for text."""

    def probability_map(self, strip, width):
        """1 in the box, 0 elsewhere."""
        rows, columns = np.nonzero(strip.max(axis=2) > 150)
        found = np.zeros(strip.shape[:2], np.float32)
        if rows.size:
            found[rows.min() + 6 : rows.max() - 5, columns.min() + 6 : columns.max() - 5] = 1
        return cv2.resize(found, (width, round(strip.shape[0] * width / strip.shape[1])))


class OneWordReader:
    """Reads the same word everywhere."""

    def spell(self, images):
        """One sure letter a line."""
        return [(Character("x", 1.0, 0.5),) for _ in images]


def band_frame(index, shown):
    """A frame of 25 a second that shows the pattern of the number ``shown``, or nothing."""
    luma = np.full((HEIGHT, WIDTH), 60, np.uint8)
    if shown is not None:
        random = np.random.default_rng(shown)
        blocks = random.integers(0, 2, (6, 28)).astype(np.uint8) * 180 + 40
        luma[12:36, 24:136] = np.kron(blocks, np.ones((4, 4), np.uint8))
        luma[12:36, 24:26] = luma[12:36, 134:136] = 220
    samples = range(-(-index * 10 // 25), -(-(index + 1) * 10 // 25))
    i420 = np.concatenate([luma, np.full((HEIGHT // 2, WIDTH), 128, np.uint8)])
    return BandFrame(index, index / 25, samples, luma, i420 if samples else None)


def shown_in(index):
    """The pattern in frame ``index``: every 25 s, captions of all manners of succession."""
    second, frame = divmod(index, 25)
    cycle, moment = divmod(second, CYCLE_S)
    if moment < 10:  # back to back
        return second
    if moment < 15:  # with gaps between them
        return second if frame < 18 else None
    if moment < 20:  # one that stands for long
        return cycle
    return index // 3 if moment < 23 else None  # flicker, then nothing


@pytest.fixture
def finder():
    """A boundary finder that costs little."""
    region = CropRegion(0.0, 0.8, 1.0, 1.0)
    layout = CaptionLayout(region, Anchor.NONE, 0.5, 1.0, 24 / 240)
    band = region.to_pixels(WIDTH, 240)
    return BoundaryFinder(BrightnessDetector(), OneWordReader(), layout, band, 240)


@pytest.fixture
def traced_memory():
    """How many bytes are allocated; what only a collection of cycles would free counts."""
    gc.disable()
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    gc.enable()


def test_memory_stays_flat_over_a_long_video(finder, traced_memory) -> None:
    """Frames, pictures and changes are let go of at once, whatever happens in the band."""
    held = []
    for index in range(CYCLES * CYCLE_S * 25):
        finder.feed(finder.look(band_frame(index, shown_in(index))))
        if (index + 1) % (CYCLE_S * 25) == 0:
            held.append(traced_memory())
    assert held[-1] - held[0] < ALLOWED_GROWTH_BYTES
    assert len(finder.finish(CYCLES * CYCLE_S).extents) >= 16 * CYCLES
