"""Figures for Prometheus; each application has its own registry."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from captionacc.catalog.measures import DURATION_BOUNDS_S
from captionacc.model.runs import FlowName, RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from prometheus_client import Metric

    from captionacc.api.activity import Activity
    from captionacc.catalog.measures import Standing
    from captionacc.catalog.runs import RunCount

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class _Catalog(Collector):
    """What the catalog says when it is asked; the same whichever process asks."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], RunCount] = {}
        self._standing: Standing | None = None

    def set(self, counts: Iterable[RunCount], standing: Standing) -> None:
        self._counts = {(one.flow, one.state): one for one in counts}
        self._standing = standing

    def collect(self) -> Iterator[Metric]:
        """Prometheus's own form of it."""
        if self._standing is not None:
            yield from self._queue()
            yield from self._state(self._standing)
            yield _durations(self._standing)

    def _queue(self) -> Iterator[Metric]:
        runs = GaugeMetricFamily("captionacc_runs", "Runs in the ledger.", labels=("flow", "state"))
        oldest = GaugeMetricFamily(
            "captionacc_oldest_queued_seconds",
            "Age of the run that has been queued longest; 0 if none is.",
            labels=("flow",),
        )
        for flow in FlowName:
            for state in RunState:
                count = self._counts.get((flow, state))
                runs.add_metric((flow, state), count.number if count else 0)
            queued = self._counts.get((flow, RunState.QUEUED))
            oldest.add_metric((flow,), queued.oldest_s if queued else 0.0)
        yield runs
        yield oldest

    @staticmethod
    def _state(standing: Standing) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "captionacc_oldest_heartbeat_seconds",
            "Age of the oldest sign of life of a running run; 0 if none runs.",
            value=standing.oldest_heartbeat_s,
        )
        yield GaugeMetricFamily(
            "captionacc_paused_tenants",
            "Tenants whose queue stands still.",
            value=standing.paused_tenants,
        )
        failures = GaugeMetricFamily(
            "captionacc_failed_runs", "Failed runs in the ledger.", labels=("flow", "code")
        )
        for labels, number in standing.failures.items():
            failures.add_metric(labels, number)
        leases = GaugeMetricFamily(
            "captionacc_leases", "Leases that are held.", labels=("database", "kind")
        )
        for labels, number in standing.leases.items():
            leases.add_metric(labels, number)
        refusals = CounterMetricFamily(
            "captionacc_lease_refusals",
            "Leases that were refused because somebody else held them.",
            labels=("database", "kind"),
        )
        for labels, number in standing.lease_refusals.items():
            refusals.add_metric(labels, number)
        yield from (failures, leases, refusals)


def _durations(standing: Standing) -> Metric:
    family = HistogramMetricFamily(
        "captionacc_run_phase_seconds",
        "How long runs that have ended were in each phase.",
        labels=("flow", "phase"),
    )
    bounds = ["+Inf" if math.isinf(bound) else str(bound) for bound in DURATION_BOUNDS_S]
    for one in standing.durations:
        buckets = list(zip(bounds, map(float, one.runs), strict=True))
        family.add_metric((one.flow, one.phase), buckets, one.seconds)
    return family


class Metrics:
    """Counters that grow with use, and what the catalog says when it is asked."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "captionacc_requests",
            "Requests answered.",
            ("route", "status"),
            registry=self._registry,
        )
        self._streams = Gauge(
            "captionacc_event_streams", "Open event streams.", registry=self._registry
        )
        self._idle = Gauge(
            "captionacc_idle_seconds",
            "For how long this process has not been of use.",
            registry=self._registry,
        )
        self._uses = Gauge(
            "captionacc_uses",
            "What this process is in use for.",
            ("kind",),
            registry=self._registry,
        )
        self._catalog = _Catalog()
        self._registry.register(self._catalog)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def count_request(self, route: str, status: int) -> None:
        """One more answer; ``route`` is a template, so that paths make no new series."""
        self._requests.labels(route, status).inc()

    def stream(self) -> AbstractContextManager[None]:
        """Counts an event stream as open while the block lasts."""
        return self._streams.track_inprogress()

    def set_activity(self, activity: Activity) -> None:
        """Whether this process is of use now."""
        self._idle.set(activity.idle_s)
        self._uses.clear()
        for kind, number in activity.uses.items():
            self._uses.labels(kind).set(number)

    def set_catalog(self, counts: Iterable[RunCount], standing: Standing) -> None:
        """What the catalog holds now."""
        self._catalog.set(counts, standing)

    def render(self) -> bytes:
        """Prometheus's text format."""
        return generate_latest(self._registry)
