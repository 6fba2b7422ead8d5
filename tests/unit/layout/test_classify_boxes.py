"""Boxes are labelled by any layout, also by one that a person changed."""

from dataclasses import replace

import pytest

from captionacc.layout import classify_boxes
from captionacc.model.geometry import CropRegion
from captionacc.model.layout import Anchor, CaptionLayout, Overlay

LAYOUT = CaptionLayout(CropRegion(0.0, 0.8, 1.0, 0.96), Anchor.CENTER, 0.5, 0.02, 0.06)


def label(stage, layout, **place):
    """The label of one line of text at a place."""
    (box,) = classify_boxes(stage(1).text("Some words here", **place).frames, layout)
    assert 0.5 <= box.probability <= 1
    return box.label


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"y": 0.91}, "in"),
        ({"y": 0.84}, "in"),
        ({"y": 0.5}, "out"),
        ({"y": 0.91, "x": 0.53}, "in"),
        ({"y": 0.91, "x": 0.8}, "out"),
        ({"y": 0.91, "height": 0.02}, "out"),
        ({"y": 0.88, "height": 0.2}, "out"),
    ],
)
def test_place_and_height_decide(stage, place, expected):
    """Text of the captions' height in the band is in; elsewhere or of another size it is out."""
    assert label(stage, LAYOUT, **place) == expected


def test_misaligned_text_is_less_certain(stage):
    """A line off the anchor is labelled with less confidence than one on it."""
    on, off = (
        classify_boxes(stage(1).text("Some words here", y=0.91, x=x).frames, LAYOUT)[0]
        for x in (0.5, 0.54)
    )
    assert on.probability > off.probability


def test_text_on_an_overlay_is_out_for_its_time(stage):
    """The place of a watermark is free again when it is gone."""
    mark = Overlay(0.3, 0.86, 0.7, 0.96, first_s=0.0, last_s=10.0)
    layout = replace(LAYOUT, overlays=(mark,))
    frames = stage(4).text("Some words here", y=0.91).frames
    assert [box.label for box in classify_boxes(frames, layout)] == ["out", "out", "out", "in"]


def test_a_moved_region_moves_the_labels(stage):
    """After a person moves the region to the top, the boxes there are in."""
    moved = replace(LAYOUT, crop_region=CropRegion(0.0, 0.02, 1.0, 0.2))
    frames = stage(1).text("Below these words", y=0.9).text("Above those words", y=0.1).frames
    assert [box.label for box in classify_boxes(frames, moved)] == ["out", "in"]


def test_without_captions_every_box_is_out(stage):
    """No layout means that nothing is a caption."""
    labels = {box.label for box in classify_boxes(stage(5).scenery().frames, None)}
    assert labels == {"out"}
