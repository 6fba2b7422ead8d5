"""What the figures of a running platform mean."""

import pytest

from captionacc.api.metrics import Metrics
from captionacc.catalog.measures import Standing
from captionacc.catalog.runs import RunCount
from captionacc.cli.troubles import find_troubles
from captionacc.model.runs import FlowName, RunState

READ = FlowName.MEDIAN_OCR


def troubles(*counts, heartbeat_s=0.0, paused=0, failures=None):
    """What is found in the real figures of such a platform."""
    metrics = Metrics()
    metrics.set_catalog(counts, Standing(heartbeat_s, paused, failures or {}, {}, {}, ()))
    return find_troubles(metrics.render().decode())


def test_nothing_is_amiss():
    """A queue behind running work, work that gives signs of life, and an idle platform are well."""
    queued = RunCount(READ, RunState.QUEUED, 50, 4000.0)
    assert troubles() == []
    assert troubles(queued, RunCount(READ, RunState.RUNNING, 1, 9.0), heartbeat_s=3.0) == []
    assert troubles(RunCount(READ, RunState.QUEUED, 1, 0.5)) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"heartbeat_s": 100.0}, "captionacc restart worker"),
        ({"paused": 2}, "captionacc resume"),
        ({"failures": {(READ, "worker_lost"): 3}}, "3 median-ocr runs have failed"),
        ({"failures": {(READ, "no_frames"): 1}}, "captionacc status"),
    ],
)
def test_each_trouble_says_what_to_do(given, said):
    """Silence, pauses and failures are told with the command that helps."""
    (trouble,) = troubles(**given)
    assert said in trouble


def test_queue_that_nobody_serves():
    """Work that waits while none is under way names the worker, or the pause that holds it."""
    queued = RunCount(READ, RunState.QUEUED, 4, 100.0)
    (trouble,) = troubles(queued)
    assert "4 median-ocr runs wait, the first for 100 s" in trouble
    assert "captionacc restart worker" in trouble
    waiting, paused = troubles(queued, paused=1)
    assert "restart" not in waiting
    assert "captionacc resume" in paused
