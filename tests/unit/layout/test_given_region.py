"""A crop region given by a person is kept, and described by what is inside."""

import pytest

from captionacc.model.geometry import CropRegion
from captionacc.model.layout import Anchor

REGION = CropRegion(0.02, 0.78, 0.98, 0.97)


def test_a_given_region_is_kept(stage):
    """The region is not changed, and anchor and line height come from the boxes inside."""
    layout = stage().scenery().captions().analyze(REGION).layout
    assert layout.crop_region == REGION
    assert layout.anchor is Anchor.CENTER
    assert layout.line_height == pytest.approx(0.06, rel=0.1)


def test_a_given_region_overrules_the_dominant_band(stage):
    """Captions elsewhere do not describe the region."""
    top = CropRegion(0.0, 0.02, 1.0, 0.25)
    scene = stage(16).captions(at=range(1, 16)).captions(at=[3, 7, 9], y=0.12, align="left", x=0.2)
    layout = scene.analyze(top).layout
    assert layout.crop_region == top
    assert layout.anchor is Anchor.LEFT


def test_a_region_without_text_gets_wide_defaults(stage):
    """Captions that no sample shows are expected anywhere in the region."""
    layout = stage().analyze(REGION).layout
    assert layout.anchor is Anchor.NONE
    assert layout.anchor_position == pytest.approx(0.5)
    assert layout.anchor_tolerance >= 0.4
    assert 0.02 < layout.line_height < REGION.bottom - REGION.top


def test_a_lasting_text_in_a_given_region_is_an_overlay(stage):
    """A watermark alone in the region is not taken for its captions."""
    layout = stage().text("www.example.com", y=0.85, x=0.8).analyze(REGION).layout
    assert len(layout.overlays) == 1
    assert layout.anchor is Anchor.NONE
