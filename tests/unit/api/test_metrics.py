"""Figures for Prometheus."""

import math

import pytest

from captionacc.api.metrics import Metrics
from captionacc.catalog.measures import DURATION_BOUNDS_S, Durations, Standing
from captionacc.catalog.runs import RunCount
from captionacc.model.runs import FlowName, RunState


@pytest.fixture
def text():
    """What is told of a ledger with some of everything in it."""
    metrics = Metrics()
    metrics.count_request("/v1/videos", 200)
    metrics.set_catalog(
        [RunCount(FlowName.MEDIAN_OCR, RunState.QUEUED, 3, 12.5)],
        Standing(
            oldest_heartbeat_s=4.0,
            paused_tenants=1,
            failures={("median-ocr", "worker_lost"): 2},
            leases={("layout", "run"): 1},
            lease_refusals={("layout", "user"): 7},
            durations=(
                Durations("median-ocr", "text", (0, 1, *[2] * (len(DURATION_BOUNDS_S) - 2)), 0.9),
            ),
        ),
    )
    return metrics.render().decode()


@pytest.mark.parametrize(
    "line",
    [
        'captionacc_runs{flow="median-ocr",state="queued"} 3.0',
        'captionacc_runs{flow="crop-and-infer",state="queued"} 0.0',
        'captionacc_oldest_queued_seconds{flow="median-ocr"} 12.5',
        "captionacc_oldest_heartbeat_seconds 4.0",
        "captionacc_paused_tenants 1.0",
        'captionacc_failed_runs{code="worker_lost",flow="median-ocr"} 2.0',
        'captionacc_leases{database="layout",kind="run"} 1.0',
        'captionacc_lease_refusals_total{database="layout",kind="user"} 7.0',
        'captionacc_run_phase_seconds_bucket{flow="median-ocr",le="0.3",phase="text"} 1.0',
        'captionacc_run_phase_seconds_bucket{flow="median-ocr",le="+Inf",phase="text"} 2.0',
        'captionacc_run_phase_seconds_sum{flow="median-ocr",phase="text"} 0.9',
        'captionacc_requests_total{route="/v1/videos",status="200"} 1.0',
    ],
)
def test_everything_is_told(text, line):
    """The queue, durations, failures, leases and requests are told in Prometheus's words."""
    found = {_sorted_labels(one) for one in text.splitlines()}
    assert _sorted_labels(line) in found


def _sorted_labels(line):
    name, has_labels, rest = line.partition("{")
    if not has_labels:
        return line
    labels, _, value = rest.partition("}")
    return name, tuple(sorted(labels.split(","))), value


def test_last_bucket_takes_everything():
    """No duration is too long to be counted."""
    assert DURATION_BOUNDS_S[-1] == math.inf
