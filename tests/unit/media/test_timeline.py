"""From ticks to seconds, whatever a file says about time."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captionacc.media.timeline import FrameClock, Timeline, nominal_rate

MS = Fraction(1, 1000)


@dataclass(frozen=True)
class _Frame:
    pts: int | None
    dts: int | None = None
    duration: int | None = 40


def _clock(**how) -> FrameClock:
    return FrameClock(Timeline(MS, Fraction(0)), 0.04, **how)


def _stamps(clock: FrameClock, *times: int | None) -> list[float]:
    return [clock.stamp(_Frame(time)) for time in times]


def test_origin_is_the_containers_start():
    """Sound that starts first keeps the pictures late."""
    timeline = Timeline.of(MS, stream_start=1500, container_start=1_000_000)
    assert timeline.seconds(1500) == 0.5


def test_a_start_rounded_to_microseconds_is_made_exact():
    """The first frame is at exactly 0 s even if its time is no whole number of microseconds."""
    timeline = Timeline.of(Fraction(1, 24000), stream_start=1001, container_start=41708)
    assert timeline.seconds(1001) == 0.0
    assert timeline.seconds(1001 + 2400) == 0.1


def test_ticks_and_seconds_are_inverse():
    """The tick of a tick's time is the tick."""
    timeline = Timeline(Fraction(1, 90_000), Fraction(126_000))
    assert timeline.ticks(timeline.seconds(987_654)) == 987_654


def test_a_missing_origin_is_the_first_frame():
    """Without a stated start the first frame is at 0 s."""
    clock = FrameClock(Timeline(MS, None), 0.04)
    assert _stamps(clock, 700, 740) == [0.0, 0.04]


def test_missing_times_follow_the_frame_before():
    """A frame without a PTS comes one frame duration after the last."""
    assert _stamps(_clock(), 0, None, 80) == pytest.approx([0.0, 0.04, 0.08])


def test_decoding_times_serve_where_there_are_no_others():
    """A stream that only has DTS is timed by them."""
    clock = _clock()
    assert [clock.stamp(_Frame(None, dts)) for dts in (0, 100, 300)] == [0.0, 0.1, 0.3]


def test_a_glitch_heals_at_the_next_frame():
    """One PTS that falls back a little does not shift the frames after it."""
    assert _stamps(_clock(), 0, 40, 30, 80) == pytest.approx([0.0, 0.04, 0.0401, 0.08])


def test_a_second_part_that_starts_anew_goes_on():
    """Times that restart at zero continue where the first part ended."""
    times = _stamps(_clock(), 4000, 4040, 0, 40, 80)
    assert times == pytest.approx([4.0, 4.04, 4.08, 4.12, 4.16])


def test_a_leap_beyond_the_declared_end_is_closed():
    """A corrupt PTS two days ahead does not make the video two days long."""
    times = _stamps(_clock(end_s=1.0), 0, 40, 172_800_000, 172_800_040)
    assert times == pytest.approx([0.0, 0.04, 0.08, 0.12])


def test_a_freeze_within_the_declared_length_stays():
    """A slide shown for a minute is shown for a minute."""
    assert _stamps(_clock(end_s=61.0), 0, 60_000) == [0.0, 60.0]


def test_the_last_frame_lasts_as_long_as_declared_at_most():
    """A long last frame counts within the declared end, and a nominal frame beyond it."""
    clock = _clock(end_s=5.0)
    clock.stamp(_Frame(1000, duration=3000))
    assert clock.shown_until() == 4.0
    clock.stamp(_Frame(4980, duration=10**9))
    assert clock.shown_until() == pytest.approx(5.02)


@given(st.lists(st.none() | st.integers(-(10**12), 10**12), min_size=1, max_size=40))
def test_times_always_increase(times):
    """Whatever the timestamps, no frame is stamped at or before its predecessor."""
    stamps = _stamps(_clock(end_s=10.0), *times)
    assert stamps[0] >= 0
    assert all(a < b for a, b in pairwise(stamps))


def test_implausible_rates_are_passed_over():
    """A rate of a broken header gives way to the next one, and at last to 25."""
    assert nominal_rate(None, Fraction(90_000), Fraction(30)) == 30
    assert nominal_rate(Fraction(0), None) == 25
