"""Which frames are looked at: samples of the whole video, and crop frames of one caption."""

import errno
import sqlite3
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captionacc.compute.extract import sample_times
from captionacc.compute.failures import as_captionacc_error
from captionacc.compute.median import MAX_FRAMES, choose_frames
from captionacc.errors import DiskFullError, InternalError, NotAVideoError, TransientError
from captionacc.model.results import CaptionExtent


def test_long_video_is_sampled_at_the_interval():
    """A long video gets one sample in each interval."""
    times = sample_times(7200, 10, None)
    assert len(times) == 720
    assert times[0] == pytest.approx(5)


def test_short_video_is_sampled_more_densely():
    """A short video gets about eight samples, but no closer than 0.4 s."""
    assert len(sample_times(40, 10, None)) == 8
    assert len(sample_times(3, 10, None)) == 8
    assert len(sample_times(1, 10, None)) == 3
    assert sample_times(0.04, 10, None) == [0.02]


@given(st.floats(0.01, 1e5), st.floats(0.5, 600), st.none() | st.integers(1, 50))
def test_samples_lie_inside_and_rise(duration_s, interval_s, limit):
    """Whatever the video, samples are inside it, in order, and within the limit."""
    times = sample_times(duration_s, interval_s, limit)
    assert times[0] > 0
    assert times[-1] < duration_s
    assert all(before < after for before, after in pairwise(times))
    assert limit is None or len(times) <= limit


def extent(start, end):
    """An extent over crop frames."""
    return CaptionExtent(start, end, start / 10, end / 10, 1.0)


@given(st.integers(0, 1000), st.integers(0, 300), st.integers(1, 1200))
def test_chosen_frames_exist_and_rise(start, length, count):
    """Every choice is of existing frames, in order, at most nine, and never empty."""
    chosen = choose_frames(extent(start, start + length), count)
    assert 1 <= len(chosen) <= MAX_FRAMES
    assert all(before < after for before, after in pairwise(chosen))
    assert chosen[0] >= 0
    assert chosen[-1] < count


def test_edges_of_a_caption_are_left_out():
    """The first and last frame, which may be fading, are not used where there are others."""
    assert choose_frames(extent(10, 15), 100) == [11, 12, 13]
    assert choose_frames(extent(10, 12), 100) == [10, 11]


def test_long_captions_use_coarse_frames():
    """Long captions are read from every fourth frame or fewer, which costs a quarter."""
    chosen = choose_frames(extent(0, 100), 1000)
    assert len(chosen) == MAX_FRAMES
    assert all(index % 4 == 0 for index in chosen)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DiskFullError),
        (sqlite3.OperationalError("database or disk is full"), DiskFullError),
        (MemoryError(), TransientError),
        (KeyError("x"), InternalError),
    ],
)
def test_foreign_errors_get_a_class(error, kind):
    """What libraries raise becomes the class that says what to do."""
    assert type(as_captionacc_error(error)) is kind


def test_own_errors_stay():
    """An error of ours is passed on as it is."""
    error = NotAVideoError("m", "h")
    assert as_captionacc_error(error) is error
