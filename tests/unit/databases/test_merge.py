"""How predictions give way to what a person has worked on."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captionacc.databases.merge import SHORTEST_PART_S, Kept, meets
from captionacc.model.results import CaptionExtent

from .conftest import extent

moments = st.floats(0, 60, allow_subnormal=False)


@st.composite
def extents(draw):
    """Any extent: its crop frames are near its times, as rounding and short captions leave them."""
    start_s, duration_s = draw(moments), draw(st.floats(0.01, 12))
    end_s = start_s + duration_s
    start = max(int(start_s * 10) + draw(st.integers(0, 2)), 0)
    end = max(int(end_s * 10) + draw(st.integers(0, 2)), start + 1)
    return CaptionExtent(start, end, start_s, end_s, draw(st.floats(0, 1)))


@given(extents(), st.lists(extents(), max_size=12))
def test_parts_are_free_of_kept_captions(prediction, kept):
    """Parts are in order, within their prediction, and share nothing with a kept caption."""
    parts = Kept(kept).free_parts(prediction)
    for part in parts:
        assert not any(meets(part, one) for one in kept)
        assert prediction.start_pts_s <= part.start_pts_s < part.end_pts_s <= prediction.end_pts_s
        assert prediction.start_index <= part.start_index < part.end_index <= prediction.end_index
        assert part.confidence == prediction.confidence
        assert part == prediction or part.end_pts_s - part.start_pts_s >= SHORTEST_PART_S
    for before, after in pairwise(parts):
        assert before.end_pts_s <= after.start_pts_s
        assert before.end_index <= after.start_index


@given(extents(), st.lists(extents(), max_size=12), st.randoms())
def test_the_order_of_kept_captions_does_not_matter(prediction, kept, random):
    """The same captions in any order leave the same parts."""
    shuffled = random.sample(kept, len(kept))
    assert Kept(kept).free_parts(prediction) == Kept(shuffled).free_parts(prediction)


@given(extents(), st.lists(extents(), max_size=12))
def test_what_meets_nothing_is_untouched(prediction, kept):
    """A prediction that no kept caption meets comes back as it is."""
    away = [one for one in kept if not meets(one, prediction)]
    assert Kept(away).free_parts(prediction) == (prediction,)


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        ([(2, 4)], []),
        ([(2, 3.5)], []),
        ([(2, 2.5)], [(2.5, 4)]),
        ([(3.5, 6)], [(2, 3.5)]),
        ([(2.5, 3)], [(2, 2.5), (3, 4)]),
        ([(1, 2.1), (2.2, 3)], [(3, 4)]),
        ([(1, 2.9), (2.9, 9)], []),
        ([(0, 20)], []),
        ([(0, 2), (4, 5)], [(2, 4)]),
    ],
)
def test_a_prediction_is_cut_or_goes(kept, left):
    """What is free and long enough stays of 2 to 4 s; of the same caption nothing."""
    parts = Kept(extent(*one) for one in kept).free_parts(extent(2, 4))
    assert parts == tuple(extent(*one) for one in left)


def test_crop_frames_of_a_part_are_those_of_its_neighbours():
    """A caption shorter than a crop frame has the frame after it; a part beside leaves it that."""
    flash = CaptionExtent(11, 12, 1.02, 1.06, 1.0)
    (part,) = Kept([flash]).free_parts(CaptionExtent(11, 30, 1.06, 3.0, 0.5))
    assert part == CaptionExtent(12, 30, 1.06, 3.0, 0.5)
