"""Time bases and extents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captionacc.model.timing import FrameExtent, Timebase

timebases = st.sampled_from(
    [Timebase(1, 90_000), Timebase(1, 12_800), Timebase(1001, 30_000), Timebase(1, 1_000_000)]
)


@given(timebases, st.integers(-(2**40), 2**40))
def test_ticks_survive_seconds(timebase, pts):
    """A tick turned into seconds and back is the same tick, hours into a video too."""
    assert timebase.to_pts(timebase.to_seconds(pts)) == pts


def test_seconds_of_a_tick_are_exact():
    """An NTSC frame count gives the time that the standard says, without drift."""
    assert Timebase(1001, 30_000).to_seconds(30_000 * 3600) == 3603.6 * 1000


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (3, 3), (4, 3)])
def test_extent_is_never_empty_or_negative(start, end):
    """An extent holds at least one frame."""
    with pytest.raises(ValueError, match="not a frame extent"):
        FrameExtent(start, end)


def test_extent_is_half_open():
    """The end of an extent is the first frame after it."""
    assert len(FrameExtent(10, 13)) == 3
