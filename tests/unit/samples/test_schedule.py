"""Presentation timestamps and cue extents of sample clips."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest

from captionacc.samples import HELD_OUT, TUNING
from captionacc.samples.schedule import plan_clock, plan_cues

EVERY = [*TUNING.values(), *HELD_OUT.values()]


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: f"{spec.name}-{spec.seed}")
def test_cues_are_in_order_apart_and_inside_the_clip(spec):
    """No two captions are on screen together, and none is cut off by the end of the clip."""
    clock = plan_clock(spec)
    extents = [cue.extent for cue in plan_cues(spec, clock)]
    assert all(first.end <= then.start for first, then in pairwise(extents))
    assert not extents or extents[-1].end < len(clock.ticks)


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: f"{spec.name}-{spec.seed}")
def test_touching_cues_differ(spec):
    """Two equal captions never touch: nobody could tell them apart."""
    cues = plan_cues(spec, plan_clock(spec))
    for first, then in pairwise(cues):
        assert first.extent.end < then.extent.start or first.text != then.text


def test_a_constant_rate_has_one_tick_a_frame():
    """The time base of a constant rate is the frame itself, exact at 30000/1001 too."""
    spec = replace(TUNING["bottom"], fps=Fraction(30000, 1001), duration_s=2.0)
    clock = plan_clock(spec)
    assert clock.ticks == tuple(range(59))
    assert clock.seconds(30) == pytest.approx(1.001)


def test_a_variable_rate_follows_its_runs():
    """Frames of each run last as long as its rate says."""
    spec = replace(
        TUNING["bottom"], vfr_pattern=((Fraction(10), 2), (Fraction(50), 3)), duration_s=0.5
    )
    clock = plan_clock(spec)
    times = [round(clock.seconds(index), 3) for index in range(len(clock.ticks))]
    assert times[:7] == [0.0, 0.1, 0.2, 0.22, 0.24, 0.26, 0.36]


def test_hard_clips_hold_what_other_tools_lose():
    """Most captions of the hard clip touch the next one, and many last half a second at most."""
    for spec in (TUNING["hard"], HELD_OUT["hard"]):
        clock = plan_clock(spec)
        extents = [cue.extent for cue in plan_cues(spec, clock)]
        touching = sum(a.end == b.start for a, b in pairwise(extents))
        short = sum(len(extent) <= spec.fps / 2 for extent in extents)
        assert len(extents) > 40
        assert touching > len(extents) / 2
        assert short > len(extents) / 3
