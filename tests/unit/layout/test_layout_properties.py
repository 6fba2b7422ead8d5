"""What holds for any text on screen."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captionacc.layout import analyze_layout
from captionacc.model.geometry import OcrBox
from captionacc.model.layout import Anchor
from captionacc.model.results import FrameOcr

MIRRORED = {Anchor.LEFT: Anchor.RIGHT, Anchor.RIGHT: Anchor.LEFT}
FRACTION = st.floats(0, 1, allow_nan=False)
ALIGNMENTS = [("center", 0.5), ("center", 0.41), ("left", 0.1), ("right", 0.87)]


@st.composite
def boxes(draw):
    """A box anywhere, possibly without area."""
    left, right = sorted((draw(FRACTION), draw(FRACTION)))
    top, bottom = sorted((draw(FRACTION), draw(FRACTION)))
    text = draw(st.text(max_size=12))
    return OcrBox(text, draw(FRACTION), left, top, right, bottom)


@st.composite
def videos(draw):
    """A few samples with any boxes; times may repeat."""
    frames = draw(st.lists(st.lists(boxes(), max_size=6), max_size=8))
    times = [draw(st.floats(0, 100)) for _ in frames]
    return [
        FrameOcr(index, pts_s, tuple(found))
        for index, (pts_s, found) in enumerate(zip(times, frames, strict=True))
    ]


@settings(max_examples=150, deadline=None)
@given(videos())
def test_any_boxes_give_a_valid_result(frames):
    """Whatever is on screen: valid numbers, and one label for each box in its order."""
    analysis = analyze_layout(frames, 1280, 720)
    asked = [(f.frame_index, index) for f in frames for index in range(len(f.boxes))]
    assert [(box.frame_index, box.box_index) for box in analysis.boxes] == asked
    assert all(0.5 <= box.probability <= 1 for box in analysis.boxes)
    if analysis.layout is not None:
        assert 0 <= analysis.layout.anchor_position <= 1
        assert analysis.layout.anchor_tolerance > 0
        assert 0 < analysis.layout.line_height < 1


@pytest.mark.parametrize(("align", "x"), ALIGNMENTS)
@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_samples_does_not_matter(stage, align, x, seed):
    """Samples may arrive in any order."""
    scene = stage(seed=seed).scenery(1).captions(align=align, x=x)
    scene.text("NOVA 7", y=0.88, x=0.93, height=0.04)
    shuffled = scene.frames
    scene.rng.shuffle(shuffled)
    expected = scene.analyze().layout
    assert expected is not None
    assert analyze_layout(shuffled, 1280, 720).layout == expected


@pytest.mark.parametrize(("align", "x"), ALIGNMENTS)
@pytest.mark.parametrize("seed", range(3))
def test_a_mirrored_video_has_a_mirrored_layout(stage, align, x, seed):
    """Left and right are treated alike."""
    scene = stage(seed=seed).scenery(1).captions(align=align, x=x)
    expected = scene.analyze().layout
    layout = scene.mirrored().analyze().layout
    assert expected is not None
    assert layout.anchor is MIRRORED.get(expected.anchor, expected.anchor)
    assert layout.anchor_position == pytest.approx(1 - expected.anchor_position)
    assert layout.line_height == pytest.approx(expected.line_height)
    turned = replace(
        expected.crop_region,
        left=1 - expected.crop_region.right,
        right=1 - expected.crop_region.left,
    )
    assert layout.crop_region.as_tuple() == pytest.approx(turned.as_tuple())


@pytest.mark.timeout(60)
def test_a_two_hour_film_is_analysed_in_seconds(stage):
    """The work is bounded: 720 samples full of text take a few seconds at most."""
    scene = stage(720, step_s=10.0).scenery(4).captions()
    scene.text("NOVA 7", y=0.08, x=0.92, height=0.04)
    layout = scene.analyze().layout
    assert layout.anchor is Anchor.CENTER
    assert layout.crop_region.top > 0.7
