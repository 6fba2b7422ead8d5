"""Which runs count as lost, whatever the database's clock says."""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from captionacc.catalog.run_queue import Heartbeat
from captionacc.worker.silence import SilenceWatch

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Looks:
    """A watch with a patience of 15 s, and a clock that tests set."""

    def __init__(self):
        self.now_s = 1000.0
        self.watch = SilenceWatch(15.0, lambda: self.now_s)

    def lost(self, *beats, after_s=5.0):
        """Of the runs with these last signs of life, those that are lost after so long."""
        self.now_s += after_s
        return [beat.run_id for beat in self.watch.lost(beats)]


@pytest.fixture
def looks():
    """One that has looked before."""
    looks = Looks()
    looks.lost()
    return looks


def beat(run_id="a", at_s=0.0, age_s=0.0, claimed_by="elsewhere:1"):
    """A sign of life, some seconds after noon."""
    return Heartbeat(run_id, 1, claimed_by, NOON + timedelta(seconds=at_s), age_s)


def test_silence_is_lost_after_a_while(looks):
    """A run without another sign of life is lost, one that gives some is not."""
    assert [looks.lost(beat("a"), beat("b", n)) for n in range(5)] == [[], [], [], [], ["a"]]


@pytest.mark.parametrize("jump_s", [-3600, 3600])
def test_jumps_of_the_clock_mean_nothing(looks, jump_s):
    """Neither an hour forward makes the living look dead, nor one back the dead alive."""
    looks.lost(beat("a"), beat("b"))
    found = [
        looks.lost(beat("a", 0, jump_s), beat("b", jump_s + n, jump_s), after_s=5.0)
        for n in range(4)
    ]
    assert found == [[], [], [], ["a"]]


def test_what_nobody_could_say_is_no_silence(looks):
    """After an outage of the database or a stop of this process all have time to say something."""
    looks.lost(beat())
    assert looks.lost(beat(), after_s=600.0) == []
    looks.lost(beat())
    looks.watch.forget()
    assert looks.lost(beat()) == []


def test_first_look_goes_by_age():
    """After a restart what was silent before is lost at once."""
    assert Looks().lost(beat("a", age_s=20.0), beat("b", age_s=5.0)) == ["a"]


def test_process_that_has_ended_is_lost_at_once(looks):
    """A worker of this machine that is no more needs not to be waited for."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    here = socket.gethostname()
    runs = {"gone": f"{here}:{ended.pid}", "here": f"{here}:{os.getpid()}", "odd": "w"}
    beats = [beat(name, claimed_by=claimed_by) for name, claimed_by in runs.items()]
    assert looks.lost(*beats) == ["gone"]
