"""Text that stays, runs or comes in crowds does not pass for captions."""

import pytest

from captionacc.model.layout import Anchor


def labels_of(scene, analysis):
    """The label of each text."""
    texts = [box.text for boxes in scene.boxes for box in boxes]
    return dict(zip(texts, (box.label for box in analysis.boxes), strict=True))


def test_a_logo_does_not_widen_the_region(stage):
    """A channel logo far from the captions is out and no overlay of the region."""
    scene = stage().captions().text("NOVA 7", y=0.08, x=0.91, height=0.05)
    analysis = scene.analyze()
    assert analysis.layout.crop_region.top > 0.7
    assert analysis.layout.overlays == ()
    assert labels_of(scene, analysis)["NOVA 7"] == "out"


def test_a_watermark_in_the_band_is_an_overlay_for_its_time(stage):
    """A watermark beside the captions of the first samples is remembered with its times."""
    scene = stage(15).captions(lines=2)
    scene.text("Copyright Example Pictures", at=range(5), y=0.84, x=0.06, align="left")
    analysis = scene.analyze()
    (overlay,) = analysis.layout.overlays
    assert (overlay.first_s, overlay.last_s) == (0.0, 20.0)
    assert overlay.left == pytest.approx(0.06, abs=0.01)
    assert analysis.layout.anchor is Anchor.CENTER
    assert analysis.layout.anchor_position == pytest.approx(0.5, abs=0.01)
    assert labels_of(scene, analysis)["Copyright Example Pictures"] == "out"


def test_a_watermark_is_known_under_small_reading_errors(stage):
    """Engines read a pale watermark a little differently each time."""
    readings = ["www.example.com", "wvvw.example.com", "www.exampie.com", "www example.com"]
    scene = stage(12).captions()
    for index in range(12):
        scene.text(readings[index % 4], at=[index], y=0.85, x=0.94, align="right")
    layout = scene.analyze().layout
    assert len(layout.overlays) == 1
    assert layout.anchor is Anchor.CENTER


def test_a_watermark_centred_like_captions_is_still_an_overlay(stage):
    """Captions change beside it, so it is none, wherever it is."""
    scene = stage(12, step_s=6.0).captions(at=range(1, 12), y=0.92)
    scene.text("Sample Film Festival", at=[2, 3, 4], y=0.85)
    analysis = scene.analyze()
    assert len(analysis.layout.overlays) == 1
    assert labels_of(scene, analysis)["Sample Film Festival"] == "out"


def test_a_timecode_is_an_overlay_though_its_digits_change(stage):
    """A clock at a fixed place is no caption, and neither is a score."""
    scene = stage().captions(y=0.9)
    for index in range(scene.count):
        scene.text(f"00:0{index % 6}:{11 + 4 * index}", at=[index], y=0.9, x=0.86)
        scene.text(f"HOM {index // 4} - {index // 3} AWY", at=[index], y=0.07, x=0.15, height=0.05)
    analysis = scene.analyze()
    assert len(analysis.layout.overlays) == 1
    assert analysis.layout.crop_region.top > 0.7
    assert analysis.layout.anchor is Anchor.CENTER


def test_a_ticker_below_the_captions_stays_outside(stage):
    """The region ends where a running ticker begins."""
    scene = stage().captions(y=0.9).ticker(y=0.965)
    region = scene.analyze().layout.crop_region
    assert region.bottom == pytest.approx(0.945, abs=0.002)
    assert region.top <= 0.84


def test_a_ticker_alone_is_no_caption(stage):
    """A ticker with a logo at its side does not make a captioned video."""
    scene = stage().ticker().text("NOVA 7", y=0.08, x=0.91, height=0.05)
    assert scene.analyze().layout is None


def test_a_sign_cut_off_beside_the_captions_makes_no_ticker(stage):
    """A sign at the frame's side, at the height of the captions, does not take them away."""
    scene = stage(10, step_s=2.0).captions()
    scene.text("EXIT", at=[3, 4, 5], y=0.91, x=1.0, align="right")
    analysis = scene.analyze()
    assert analysis.layout.crop_region.bottom > 0.94
    assert labels_of(scene, analysis)["EXIT"] == "out"


def test_long_lines_of_equal_length_make_no_ticker(stage):
    """Long two-line captions, all nearly as wide as each other, are captions."""
    scene = stage(8).captions(at=range(3, 7))
    for index in range(3, 7):
        for y in (0.844, 0.91):
            text = f"{scene.phrase(9, 9):.54}".ljust(54, "x")
            scene.text(text, at=[index], y=y, height=0.055)
    assert scene.analyze().layout.crop_region.bottom > 0.93


def test_credits_are_no_captions(stage):
    """Many centred lines at once are credits, whether or not there are captions before them."""
    only = stage(10)
    for y in (0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85):
        only.captions(at=[7, 8, 9], y=y)
    assert only.analyze().layout is None
    both = stage(20).captions(at=range(1, 14), y=0.91)
    for y in (0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85):
        both.captions(at=[17, 18, 19], y=y)
    assert both.analyze().layout.crop_region.top > 0.68


def test_opening_titles_of_a_film_are_no_captions(stage):
    """Names that appear in the first minutes only do not make a captioned video."""
    assert stage(60, step_s=10.0).captions(at=[1, 2, 4, 5, 6], y=0.8).analyze().layout is None


def test_opening_titles_are_no_second_band(stage):
    """Titles at the top in the first samples do not widen the region of the captions below."""
    scene = stage(30).captions().captions(at=[0, 1, 2], y=0.2, height=0.065)
    assert scene.analyze().layout.crop_region.top > 0.7
