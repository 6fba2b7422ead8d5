"""What a person says of single boxes moves the region, and nothing else."""

from captionacc.layout import analyze_layout

from .conftest import HEIGHT, WIDTH


def analyze(scene, labels):
    """The layout with these labels, by sample and box index."""
    return analyze_layout(scene.frames, WIDTH, HEIGHT, labels=labels).layout


def places(scene, is_meant):
    """The boxes that are meant, by sample and box index."""
    return [
        (sample, index)
        for sample, boxes in enumerate(scene.boxes)
        for index, box in enumerate(boxes)
        if is_meant(box)
    ]


def test_a_caption_elsewhere_is_taken_in(stage):
    """One box at the top that a person calls a caption is in the region from then on."""
    scene = stage().captions().text("Hello there", y=0.3, at=[4])
    assert scene.analyze().layout.crop_region.top > 0.5
    (place,) = places(scene, lambda box: box.center_y < 0.5)
    region = analyze(scene, {place: "in"}).crop_region
    assert region.top < 0.3 < region.bottom
    assert analyze(scene, {place: "clear"}) == scene.analyze().layout


def test_what_is_no_caption_is_left_out(stage):
    """If all of a band is something else, the other one remains."""
    scene = stage().captions().captions(y=0.1)
    lower = places(scene, lambda box: box.center_y > 0.5)
    region = analyze(scene, dict.fromkeys(lower, "out")).crop_region
    assert region.bottom < 0.5


def test_nothing_but_what_a_person_says(stage):
    """Where no captions are found, those that a person names are enough for a layout."""
    scene = stage().text("a sign", y=0.55, x=0.3, at=[3])
    assert scene.analyze().layout is None
    ((sample, index),) = places(scene, lambda _: True)
    region = analyze(scene, {(sample, index): "in"}).crop_region
    assert region.top < 0.55 < region.bottom
    assert analyze(scene, {(99, 0): "in"}) is None


def test_a_lasting_text_that_is_a_caption(stage):
    """A text that stands as long as a watermark is a caption if a person says so."""
    scene = stage().captions().text("the same words", y=0.2)
    lasting = places(scene, lambda box: box.center_y < 0.5)
    region = analyze(scene, {lasting[0]: "in"}).crop_region
    assert region.top < 0.2
