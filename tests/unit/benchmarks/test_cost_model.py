"""The simulated day: what must hold of it whatever comes."""

from dataclasses import replace

import pytest

from captionacc.compute.backends.gpu_functions import EXTRACT, GPU_FUNCTIONS
from cost_model import Load, enough, late, simulate

NAMES = [function.name for function in GPU_FUNCTIONS]
LOAD = Load(200, dict.fromkeys(NAMES, 0.1), dict.fromkeys(NAMES, 3))


def test_every_video_is_done():
    """Each video goes through each function once, and the same load has the same day."""
    day = simulate(LOAD)
    assert len(day.done_s) == LOAD.videos
    assert all(len(pool.waits_s) == LOAD.videos for pool in day.pools.values())
    assert simulate(LOAD) == day


def test_limits_hold():
    """No function has more containers than its limit, and few containers make jobs wait."""
    crowded = simulate(replace(LOAD, videos=3000))
    assert all(pool.peak <= 3 for pool in crowded.pools.values())
    assert late(crowded.pools[EXTRACT.name].waits_s) > late(
        simulate(LOAD).pools[EXTRACT.name].waits_s
    )


def test_work_is_what_the_videos_take():
    """Working time follows from the videos' length alone; starts and idling depend on chance."""
    day = simulate(LOAD)
    for pool in day.pools.values():
        assert pool.worked_s == pytest.approx(day.video_hours * 3600 * 0.1)
        assert 0 <= pool.idle_s <= LOAD.videos * pool.function.idle_s
        assert 0 < pool.started_s <= LOAD.videos * LOAD.start_s
    seconds = sum(pool.worked_s for pool in day.pools.values())
    assert day.cost_usd > seconds * float(min(one.usd_per_s for one in GPU_FUNCTIONS))


def test_enough_is_enough():
    """With the limits that are found, jobs wait no longer than was asked for."""
    load = replace(LOAD, videos=3000)
    day = simulate(replace(load, limits=enough(load, 60.0)))
    assert all(late(pool.waits_s) <= 60.0 for pool in day.pools.values())
