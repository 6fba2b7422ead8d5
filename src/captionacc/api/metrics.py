"""Figures for Prometheus; each application has its own registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from captionacc.model.runs import FlowName, RunState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from captionacc.catalog.runs import RunCount

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters that grow with use, and gauges that are set when they are asked for."""

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
        self._runs = Gauge(
            "captionacc_runs", "Runs in the ledger.", ("flow", "state"), registry=self._registry
        )
        self._oldest = Gauge(
            "captionacc_oldest_queued_seconds",
            "Age of the run that has been queued longest; 0 if none is.",
            ("flow",),
            registry=self._registry,
        )

    def count_request(self, route: str, status: int) -> None:
        """One more answer; ``route`` is a template, so that paths make no new series."""
        self._requests.labels(route, status).inc()

    def stream(self) -> AbstractContextManager[None]:
        """Counts an event stream as open while the block lasts."""
        return self._streams.track_inprogress()

    def set_queue(self, counts: Iterable[RunCount]) -> None:
        """What the ledger holds now."""
        self._runs.clear()
        for flow in FlowName:
            for state in RunState:
                self._runs.labels(flow, state).set(0)
            self._oldest.labels(flow).set(0)
        for count in counts:
            self._runs.labels(count.flow, count.state).set(count.number)
            if count.state == RunState.QUEUED:
                self._oldest.labels(count.flow).set(count.oldest_s)

    def render(self) -> bytes:
        """Prometheus's text format."""
        return generate_latest(self._registry)
