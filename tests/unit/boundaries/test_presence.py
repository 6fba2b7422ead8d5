"""Where a caption's lines are in one frame of the band."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from captionacc.boundaries.features import WorkingSize
from captionacc.boundaries.presence import CaptionDetector, Rect, same_place, whole_lines
from captionacc.boundaries.segment import Sample
from captionacc.captions.lasting import gradient_field
from captionacc.model.geometry import CropRegion, PixelRect
from captionacc.model.layout import Anchor, CaptionLayout

WIDTH, HEIGHT = 640, 96
REGION = CropRegion(0.0, 0.8, 1.0, 1.0)


class PaintedMap:
    """A detector that sees text in given boxes, 0-1 in the strip, whatever the picture."""

    def __init__(self, *boxes):
        self.boxes = boxes

    def probability_map(self, strip, width):
        """1 in the cores of the boxes."""
        rows, columns = round(strip.shape[0] * width / strip.shape[1]), width
        found = np.zeros((rows, columns), np.float32)
        for left, top, right, bottom in self.boxes:
            corners = (
                (int(left * columns), int(top * rows)),
                (int(right * columns), int(bottom * rows)),
            )
            cv2.rectangle(found, *corners, 1.0, -1)
        return found


def detect(*boxes, anchor=Anchor.CENTER):
    """The lines that are found, and the size in which they are given."""
    layout = CaptionLayout(REGION, anchor, 0.5, 0.02, 24 / 480)
    size = WorkingSize.of_band(PixelRect(0, 384, WIDTH, HEIGHT), 24)
    luma = np.full((HEIGHT, WIDTH), 90, np.uint8)
    i420 = np.concatenate([luma, np.full((HEIGHT // 2, WIDTH), 128, np.uint8)])
    sample = Sample(0, 0.0, gradient_field(size.scaled(luma)), i420)
    return CaptionDetector(PaintedMap(*boxes), layout, size)(sample, None).rects, size


def test_lines_are_found_around_their_cores() -> None:
    """A line's box holds what the detector marks, with some room, at the working scale."""
    (rect,), size = detect((0.3, 0.4, 0.7, 0.55))
    assert rect.left < 0.3 * size.width < 0.7 * size.width < rect.right
    assert rect.top < 0.4 * size.height < 0.55 * size.height < rect.bottom
    assert abs((rect.left + rect.right) / 2 - size.width / 2) < 4


def test_nothing_is_found_where_no_caption_is() -> None:
    """Neither an empty frame nor a text in the corner has one."""
    assert detect()[0] == ()
    assert detect((0.02, 0.4, 0.15, 0.55))[0] == ()


def test_pieces_of_a_line_are_one_line() -> None:
    """Words that are found apart, higher or lower by a little, make one box."""
    (rect,), size = detect((0.3, 0.4, 0.43, 0.55), (0.46, 0.36, 0.7, 0.53))
    assert rect.left < 0.3 * size.width < 0.7 * size.width < rect.right


def test_lines_are_given_from_top_to_bottom() -> None:
    """Two lines stay two, in reading order."""
    rects, _ = detect((0.4, 0.62, 0.6, 0.78), (0.25, 0.2, 0.75, 0.36))
    assert len(rects) == 2
    assert rects[0].bottom - 6 < rects[1].top + 6
    assert rects[0].left < rects[1].left


def test_two_speakers_side_by_side_are_two_lines() -> None:
    """A gap that is wider than any space is no space."""
    speakers = (Rect(0, 10, 60, 30), Rect(200, 11, 300, 31))
    assert whole_lines(speakers) == speakers


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_the_order_of_pieces_does_not_matter(order) -> None:
    """Pieces in any order make the same lines."""
    pieces = (Rect(0, 10, 60, 30, 0.6), Rect(70, 12, 130, 32, 0.9), Rect(20, 50, 90, 70, 0.8))
    expected = (Rect(0, 10, 130, 32, 0.9), pieces[2])
    assert whole_lines(pieces[index] for index in order) == expected


def test_the_same_place_allows_for_a_detectors_doubt() -> None:
    """Boxes that differ by a pixel or two are the same place; others, or more of them, are not."""
    lines = (Rect(10, 10, 210, 34), Rect(50, 40, 150, 64))
    shaken = (Rect(11, 9, 209, 35), Rect(49, 41, 152, 64))
    assert same_place(lines, shaken)
    assert not same_place(lines, lines[:1])
    assert not same_place(lines[:1], (Rect(60, 10, 260, 34),))
