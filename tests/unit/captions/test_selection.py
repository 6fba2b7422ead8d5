"""Which lines in the band are the caption's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from captionacc.captions.selection import LineSelector
from captionacc.model.geometry import CropRegion, OcrBox
from captionacc.model.layout import Anchor, CaptionLayout, Overlay

# The band is the lower fifth of a 1280 x 720 frame, so lines are 0.3 of its height.
REGION = CropRegion(0.0, 0.8, 1.0, 1.0)
ASPECT = 1280 / 144
CENTRED = CaptionLayout(REGION, Anchor.CENTER, 0.5, 0.01, 0.06)


def line(left, right, top=0.3, height=0.3):
    """A line in the band."""
    return OcrBox("", 1.0, left, top, right, top + height)


def select(layout, lines, time_s=5.0):
    """The caption's lines."""
    return LineSelector(layout, ASPECT)(lines, time_s)


@pytest.mark.parametrize(
    ("anchor", "place", "inside", "outside"),
    [
        (Anchor.CENTER, 0.5, [(0.3, 0.7), (0.45, 0.55)], [(0.3, 0.6), (0.1, 0.2)]),
        (Anchor.LEFT, 0.2, [(0.2, 0.7), (0.205, 0.3)], [(0.3, 0.7), (0.1, 0.7)]),
        (Anchor.RIGHT, 0.8, [(0.2, 0.8), (0.6, 0.795)], [(0.2, 0.7), (0.5, 0.95)]),
    ],
)
def test_lines_are_where_captions_are_aligned(anchor, place, inside, outside) -> None:
    """A line counts whose centre, left or right edge is at the captions' place."""
    layout = replace(CENTRED, anchor=anchor, anchor_position=place)
    for edges in inside:
        assert select(layout, [line(*edges)]) == [line(*edges)]
    for edges in outside:
        assert select(layout, [line(*edges)]) == []


def test_without_alignment_every_line_counts() -> None:
    """Where captions share no edge, place does not exclude a line."""
    lines = [line(0.0, 0.2), line(0.7, 1.0)]
    assert select(replace(CENTRED, anchor=Anchor.NONE), lines) == lines


def test_alignment_is_measured_in_the_full_frame() -> None:
    """A region that is not the whole width shifts and stretches places inside it."""
    layout = replace(CENTRED, crop_region=CropRegion(0.0, 0.8, 0.6, 1.0))
    centred = line(0.75, 0.9167)
    assert select(layout, [centred, line(0.4, 0.6)]) == [centred]


def test_lines_of_one_caption_are_aligned_each() -> None:
    """Both of two centred lines count, a sign beside them does not; the order stays."""
    lines = [line(0.2, 0.8, 0.55), line(0.02, 0.1, 0.3), line(0.4, 0.6, 0.15)]
    assert select(CENTRED, lines) == [lines[0], lines[2]]


def test_pieces_of_one_line_count_together() -> None:
    """A line found in pieces is aligned as a whole, even if one of them alone would be, too."""
    pieces = [line(0.58, 0.7), line(0.3, 0.42), line(0.44, 0.56)]
    assert select(CENTRED, pieces) == pieces
    for anchor, place in ((Anchor.LEFT, 0.3), (Anchor.RIGHT, 0.7)):
        layout = replace(CENTRED, anchor=anchor, anchor_position=place)
        assert select(layout, pieces) == pieces


def test_two_speakers_side_by_side_count_together() -> None:
    """Words of two speakers, far apart and in no line of their own centred, are one caption."""
    speakers = [line(0.1, 0.35), line(0.65, 0.9)]
    assert select(CENTRED, speakers) == speakers


def test_a_sign_beside_a_caption_does_not_make_it_vanish() -> None:
    """The caption counts alone where it would not be centred together with the sign."""
    caption, sign = line(0.35, 0.65), line(0.85, 0.95)
    assert select(CENTRED, [caption, sign]) == [caption]


@pytest.mark.parametrize(("height", "counts"), [(0.3, 1), (0.2, 1), (0.45, 1), (0.08, 0), (0.9, 0)])
def test_lines_have_about_the_height_of_captions(height, counts) -> None:
    """Small print and big titles are no captions, however they are aligned."""
    assert len(select(CENTRED, [line(0.4, 0.6, 0.05, height)])) == counts


@pytest.fixture
def marked():
    """A layout with a watermark in the middle of the band, seen from 20 to 60 seconds."""
    return replace(CENTRED, overlays=(Overlay(0.4, 0.86, 0.6, 0.92, 20.0, 60.0),))


def test_an_overlay_is_no_caption_while_it_is_due(marked) -> None:
    """The watermark's own line is left out in its time, and a while before and after."""
    watermark = line(0.4, 0.6)
    assert select(marked, [watermark], 40.0) == []
    assert select(marked, [watermark], 11.0) == []
    assert select(marked, [watermark], 69.0) == []
    assert select(marked, [watermark], 100.0) == [watermark]


def test_a_caption_across_an_overlay_counts(marked) -> None:
    """A line that is much wider than the watermark under it is not the watermark."""
    caption = line(0.2, 0.8)
    assert select(marked, [caption, line(0.4, 0.6)], 40.0) == [caption]


def test_no_piece_of_a_ticker_counts() -> None:
    """Lines inside an overlay that runs across the band are pieces of it, wherever they are."""
    ticker = Overlay(0.0, 0.94, 1.0, 1.0, 0.0, 60.0)
    layout = replace(CENTRED, anchor=Anchor.NONE, overlays=(ticker,))
    caption = line(0.4, 0.6, 0.2)
    assert select(layout, [caption, line(0.1, 0.4, 0.7), line(0.45, 0.55, 0.7)]) == [caption]


def test_nothing_found_selects_nothing(marked) -> None:
    """A picture without lines has no caption."""
    assert select(marked, []) == []
