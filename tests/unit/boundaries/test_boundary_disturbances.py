"""What stands, runs or flashes in the band beside captions does not disturb them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from captionacc.model.layout import Overlay


def box(left, top, right, bottom):
    """An overlay there in the band of 640 x 96 pixels, in samples of the whole video."""
    return Overlay(left / 640, 0.8 + 0.2 * top / 96, right / 640, 0.8 + 0.2 * bottom / 96, 0, 60)


def stencil(lettering, text, middle, strength):
    """A painter that draws ``text`` in white, half transparent, on every frame."""
    fill, _ = lettering(text, middle)

    def paint(_, picture):
        picture += strength * fill * (235 - picture)

    return paint


@pytest.fixture
def watermarked(clip, lettering):
    """A clip with a watermark in the middle of the band, which the layout knows."""
    video = clip(150, speed=4.0).paint(stencil(lettering, "SAMPLE TV", (320, 48), 0.7))
    video.layout = replace(video.layout, overlays=(box(235, 30, 405, 66),))
    return video


def test_a_watermark_alone_is_no_caption(watermarked) -> None:
    """Text that the layout knows as lasting is not found."""
    assert watermarked.spans() == []


def test_a_watermark_under_captions_neither_hides_nor_joins_them(watermarked) -> None:
    """Captions across a watermark are found at their frames, apart from each other."""
    watermarked.caption("They went to the river", 42, 80).caption("But nobody came back", 92, 130)
    assert watermarked.spans() == [(42, 80), (92, 130)]


def test_captions_back_to_back_over_a_watermark_are_told_apart(watermarked) -> None:
    """The watermark's strokes, which stay, do not make one caption of two."""
    watermarked.caption("They went to the river", 42, 80).caption("But nobody came back", 80, 120)
    assert watermarked.spans() == [(42, 80), (80, 120)]


def test_a_ticker_below_is_ignored(clip, lettering) -> None:
    """Text that runs through the band is no caption, and captions above it are found."""
    fill, _ = lettering("MARKETS CLOSE HIGHER AS RATES FALL AND", (320, 76))
    wide = np.tile(fill, 2)

    def paint(index, picture):
        shift = index * 5 % fill.shape[1]
        picture += wide[:, shift : shift + picture.shape[1]] * (220 - picture)

    video = clip(90).paint(paint).caption("Here we go again", 21, 66, middle=(320, 26))
    video.layout = replace(video.layout, overlays=(box(0, 54, 640, 96),))
    assert video.spans() == [(21, 66)]


def test_text_that_is_not_aligned_is_ignored(clip, lettering) -> None:
    """A sign beside the place of captions is none, alone and together with one."""
    video = clip(80).paint(stencil(lettering, "HOTEL", (90, 48), 1.0))
    assert video.spans() == []
    assert video.caption("Let us stay", 21, 60).spans() == [(21, 60)]


@pytest.mark.parametrize("length", [1, 3])
def test_a_flash_does_not_split_a_caption(clip, length) -> None:
    """A moment in which the caption is hard to see does not make two of it."""
    flashes = range(40, 40 + length)

    def paint(index, picture):
        if index in flashes:
            picture[:] = 0.3 * picture + 0.7 * 235

    assert clip(90).paint(paint).caption("Lightning strikes", 14, 76).spans() == [(14, 76)]


def test_a_picture_that_covers_the_caption_for_a_moment_does_not_split_it(clip) -> None:
    """One sample that shows something else, as after a lost packet, is bridged."""

    class Torn(clip):
        def picture(self, index):
            torn = 38 <= index < 41
            return super().picture(index)[:, ::-1] if torn else super().picture(index)

    assert Torn(90).caption("Still the same words", 14, 76).spans() == [(14, 76)]
