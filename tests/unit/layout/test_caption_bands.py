"""Captions are found wherever they are, and nothing is where there are none."""

import pytest

from captionacc.model.layout import Anchor

LINE = 0.06


def covers(region, top, bottom):
    """Whether the region holds all of the rows from ``top`` to ``bottom``."""
    return region.top <= top and region.bottom >= bottom


@pytest.mark.parametrize(
    ("y", "top", "bottom"), [(0.91, 0.81, 0.94), (0.09, 0.06, 0.185), (0.5, 0.40, 0.60)]
)
def test_one_line_captions_get_room_for_a_second_line(stage, y, top, bottom):
    """The region also holds the second line that no sample shows, and not much more."""
    layout = stage().captions(y=y).analyze().layout
    assert covers(layout.crop_region, top, bottom)
    assert layout.crop_region.bottom - layout.crop_region.top < 4.6 * LINE
    assert layout.anchor is Anchor.CENTER
    assert layout.anchor_position == pytest.approx(0.5, abs=0.01)
    assert layout.line_height == pytest.approx(LINE, rel=0.1)


def test_two_lines_seen_need_no_further_room(stage):
    """The region ends a margin beyond the two lines."""
    region = stage().captions(lines=2, y=0.9).analyze().layout.crop_region
    assert covers(region, 0.804, 0.93)
    assert region.bottom - region.top <= 2.2 * (0.93 - 0.804)


@pytest.mark.parametrize(("align", "x"), [("left", 0.1), ("right", 0.88)])
def test_a_common_edge_is_the_anchor(stage, align, x):
    """Lines that share their left or right edge are anchored there, not in their middle."""
    layout = stage().captions(align=align, x=x).analyze().layout
    assert layout.anchor is Anchor(align)
    assert layout.anchor_position == pytest.approx(x, abs=0.01)
    assert layout.crop_region.left < 0.1
    assert layout.crop_region.right > 0.88


def test_centred_captions_need_not_be_in_the_middle(stage):
    """A centre beside the middle of the frame is the anchor, and the frame's width is kept."""
    layout = stage().captions(x=0.42).analyze().layout
    assert layout.anchor is Anchor.CENTER
    assert layout.anchor_position == pytest.approx(0.42, abs=0.01)
    assert layout.crop_region.right - layout.crop_region.left > 0.9


def test_bilingual_lines_of_two_heights_are_one_band(stage):
    """A small second language under the first belongs to the captions."""
    scene = stage()
    for index in range(1, scene.count, 2):
        scene.text(scene.chinese(), at=[index], y=0.86, height=0.066)
        scene.text(scene.phrase(4, 7), at=[index], y=0.925, height=0.036)
    analysis = scene.analyze()
    assert covers(analysis.layout.crop_region, 0.83, 0.94)
    assert analysis.layout.crop_region.top > 0.68
    assert {box.label for box in analysis.boxes} == {"in"}


def test_two_speakers_in_a_centred_block_are_captions(stage):
    """The second speaker's line counts, though it is not centred itself."""
    scene = stage().captions(at=[0, 2, 3, 5, 8])
    for index in (1, 6):
        scene.text("- You never told me about it.", at=[index], y=0.844, x=0.36, align="left")
        scene.text("- No.", at=[index], y=0.91, x=0.36, align="left")
    analysis = scene.analyze()
    assert analysis.layout.anchor is Anchor.CENTER
    assert {box.label for box in analysis.boxes} == {"in"}


def test_bottom_and_top_captions_make_one_region(stage):
    """Both bands are inside when both show several captions."""
    scene = stage(16).captions(at=[0, 1, 3, 4, 6, 8, 9, 12, 13]).captions(at=[5, 10, 14], y=0.1)
    assert covers(scene.analyze().layout.crop_region, 0.07, 0.94)


def test_a_single_sign_at_the_top_makes_no_second_band(stage):
    """Text that is aligned with the captions by chance does not widen the region."""
    scene = stage(16).captions().text("EXIT ONLY", at=[6], y=0.1)
    assert scene.analyze().layout.crop_region.top > 0.7


@pytest.mark.parametrize("count", [1, 2, 3])
def test_very_short_videos_have_a_layout(stage, count):
    """One clear line at the usual place is enough when there are only a few samples."""
    layout = stage(count, step_s=1.0).captions(at=[count - 1]).analyze().layout
    assert layout is not None
    assert covers(layout.crop_region, 0.88, 0.94)
    assert layout.anchor_tolerance >= 0.03


def test_one_long_caption_sampled_twice_is_no_overlay(stage):
    """A caption that stands ten seconds stays a caption among others set like it."""
    scene = stage(10, step_s=10.0).captions(at=[0, 3, 5, 7, 8])
    scene.text("A word that stays a little longer.", at=[1, 2], y=0.91)
    analysis = scene.analyze()
    assert analysis.layout.overlays == ()
    assert {box.label for box in analysis.boxes} == {"in"}


def test_no_text_at_all_is_no_layout(stage):
    """Empty samples, or no samples, show no captions."""
    assert stage(8).analyze().layout is None
    assert stage(0).analyze().layout is None


def test_scenery_alone_is_no_layout(stage):
    """Signs anywhere and of any size are no captions, but for rare chance, nor is a logo."""
    scenes = [stage(14, seed=seed).scenery(1).text("NOVA 7", y=0.08, x=0.92) for seed in range(30)]
    found = [scene for scene in scenes if scene.analyze().layout is not None]
    assert len(found) <= 2


@pytest.mark.parametrize("seed", range(6))
def test_captions_are_found_among_scenery(stage, seed):
    """Signs in every sample neither hide the captions nor widen their region."""
    region = stage(12, seed=seed).scenery(2).captions().analyze().layout.crop_region
    assert covers(region, 0.88, 0.94)
    assert region.top > 0.68
