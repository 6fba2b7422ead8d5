"""Places in a frame."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from captionacc.errors import UsageError
from captionacc.model.geometry import CropRegion, OcrBox

fractions = st.floats(min_value=0, max_value=1)


@st.composite
def crop_regions(draw):
    """Any region that is valid."""
    left, right = sorted((draw(fractions), draw(fractions)))
    top, bottom = sorted((draw(fractions), draw(fractions)))
    assume(left < right and top < bottom)
    return CropRegion(left, top, right, bottom)


@given(crop_regions(), st.integers(2, 8000), st.integers(2, 8000))
def test_pixels_are_even_and_inside(region, width, height):
    """A crop can be encoded as 4:2:0 and never reaches beyond the frame."""
    rect = region.to_pixels(width, height)
    assert all(edge % 2 == 0 for edge in (rect.x, rect.y, rect.width, rect.height))
    assert rect.width >= 2
    assert rect.height >= 2
    assert 0 <= rect.x <= rect.x + rect.width <= width
    assert 0 <= rect.y <= rect.y + rect.height <= height


@given(crop_regions(), st.integers(1, 4000), st.integers(1, 4000))
def test_pixels_cover_the_region(region, half_width, half_height):
    """Rounding to even edges widens a crop, so that no stroke of a caption is cut off."""
    rect = region.to_pixels(2 * half_width, 2 * half_height)
    assert rect.x <= region.left * 2 * half_width
    assert rect.y <= region.top * 2 * half_height
    assert rect.x + rect.width >= region.right * 2 * half_width - 0.5
    assert rect.y + rect.height >= region.bottom * 2 * half_height - 0.5


@given(crop_regions())
def test_parse_reads_what_a_person_may_type(region):
    """Four numbers with commas, with or without spaces, give the same region back."""
    left, top, right, bottom = region.as_tuple()
    assert CropRegion.parse(f"{left},{top}, {right} ,{bottom}") == region


@pytest.mark.parametrize(
    "text", ["", "0,0,1", "0,0,1,1,1", "a,b,c,d", "0;0;1;1", "0.5,0,0.5,1", "0,1,1,0", "nan,0,1,1"]
)
def test_parse_refuses_what_is_no_region(text):
    """What is not four ordered fractions is a usage error that shows a region that works."""
    with pytest.raises(UsageError) as caught:
        CropRegion.parse(text)
    example = caught.value.hint.split("such as ")[1].rstrip(".")
    assert CropRegion.parse(example)


@pytest.mark.parametrize("edges", [(-0.1, 0, 1, 1), (0, 0, 1.01, 1), (0, 0, 1, float("inf"))])
def test_region_stays_in_the_frame(edges):
    """A region outside the frame is refused however it is made."""
    with pytest.raises(UsageError):
        CropRegion(*edges)


def test_box_knows_its_size_and_centre():
    """Width, height and centre of a box are in the same fractions as its edges."""
    box = OcrBox("text", 0.9, left=0.25, top=0.75, right=0.75, bottom=1.0)
    assert (box.width, box.height) == (0.5, 0.25)
    assert (box.center_x, box.center_y) == (0.5, 0.875)
