"""What stands still in a running platform, and what to do, from the figures that it tells."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SILENT_S: Final = 60.0
_IDLE_QUEUE_S: Final = 20.0
"""A worker takes what is queued within a second, so longer means that none does."""

_CURES: Final[Mapping[str, str]] = {
    "worker_lost": "Compute processes died or hung: see whether memory suffices, then"
    " `captionacc retry VIDEO`.",
    "internal": "That is a bug of ours: the log has its traceback, please report it.",
    "store": "See that the object store runs, then `captionacc retry VIDEO`.",
    "catalog": "See that Postgres runs, then `captionacc retry VIDEO`.",
    "disk_full": "Free some space, then `captionacc retry VIDEO`.",
}
_OTHER_CURE: Final = "`captionacc status` names the videos, and what to do for each."

_Samples = dict[str, dict[tuple[str, ...], float]]
"""By name and by the values of the labels, from the last label's name to the first."""


def find_troubles(metrics: str) -> list[str]:
    """One sentence or two for each thing that stands still, or has failed.

    Args:
        metrics: What the API's ``/metrics`` says.

    Raises:
        ValueError: that is not what it says.
    """
    samples: _Samples = defaultdict(dict)
    for family in text_string_to_metric_families(metrics):
        for one in family.samples:
            labels = tuple(value for _, value in sorted(one.labels.items(), reverse=True))
            samples[one.name][labels] = one.value
    return [*_silence(samples), *_queues(samples), *_pauses(samples), *_failures(samples)]


def _silence(samples: _Samples) -> Iterator[str]:
    silent_s = _single(samples, "captionacc_oldest_heartbeat_seconds")
    if silent_s > _SILENT_S:
        yield (
            f"A run has given no sign of life for {silent_s:.0f} s, and no worker has seen to it."
            " Do: captionacc restart worker"
        )


def _queues(samples: _Samples) -> Iterator[str]:
    runs = samples["captionacc_runs"]  # by state and flow
    for (flow,), oldest_s in samples["captionacc_oldest_queued_seconds"].items():
        queued, running = runs.get(("queued", flow), 0), runs.get(("running", flow), 0)
        if oldest_s <= _IDLE_QUEUE_S or running:
            continue
        if _single(samples, "captionacc_paused_tenants"):
            yield f"{queued:.0f} {flow} runs wait, perhaps for a paused tenant: see below."
        else:
            yield (
                f"{queued:.0f} {flow} runs wait, the first for {oldest_s:.0f} s, and none is under"
                " way: the worker takes none, or Prefect does not answer."
                " Do: captionacc restart worker"
            )


def _pauses(samples: _Samples) -> Iterator[str]:
    if paused := _single(samples, "captionacc_paused_tenants"):
        yield f"The queue of {paused:.0f} tenants is paused. Do: captionacc resume"


def _failures(samples: _Samples) -> Iterator[str]:
    for (flow, code), number in sorted(samples["captionacc_failed_runs"].items()):
        if number:
            cure = _CURES.get(code, _OTHER_CURE)
            yield f"{number:.0f} {flow} runs have failed with the code {code}. {cure}"


def _single(samples: _Samples, name: str) -> float:
    return samples[name].get((), 0.0)
