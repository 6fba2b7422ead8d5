"""What the ledger's timestamps prove: how much ran at once, and who came before whom."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

AGE_STEP_S = 30.0
"""A run gains one point of priority for each."""

_GRAIN_S = 0.01
"""Timestamps are taken a little before what they stand for is seen by others."""

_COMMIT_S = 0.2
"""What was queued or grew older so recently may not have been seen."""


@dataclass(frozen=True, slots=True)
class LedgerRun:
    """A run that has ended; times in seconds since any one moment."""

    flow: str
    tenant: str
    priority: int
    created: float
    claimed: float
    finished: float

    @property
    def wait_s(self) -> float:
        """How long it was queued."""
        return self.claimed - self.created

    @property
    def work_s(self) -> float:
        """How long it ran."""
        return self.finished - self.claimed

    def score(self, now: float) -> float:
        """What it competes with at the moment ``now``."""
        return self.priority + math.floor((now - self.created) / AGE_STEP_S)

    def is_waiting(self, now: float) -> bool:
        """Whether it was surely queued at the moment ``now``."""
        return self.created + _COMMIT_S < now < self.claimed


def most_at_once(runs: Iterable[LedgerRun]) -> Counter[str]:
    """Of each flow, how many ran at the same time at most."""
    changes: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
    for run in runs:
        changes[run.flow] += [(run.claimed, 1), (max(run.finished - _GRAIN_S, run.claimed), -1)]
    most = Counter[str]()
    for flow, moments in changes.items():
        running = 0
        for _, change in sorted(moments, key=lambda moment: (moment[0], -moment[1])):
            running += change
            most[flow] = max(most[flow], running)
    return most


def order_violations(runs: Sequence[LedgerRun]) -> int:
    """How often a run was claimed although another one of its flow should have come first."""
    return sum(
        run.flow == other.flow
        and other.is_waiting(run.claimed)
        and other.score(run.claimed - _COMMIT_S) > run.score(run.claimed + _COMMIT_S)
        for run in runs
        for other in runs
    )


def overtaken(run: LedgerRun, runs: Iterable[LedgerRun]) -> int:
    """How many of its flow that were queued before it were claimed after it."""
    return sum(
        other.flow == run.flow and other.created < run.created and other.claimed > run.claimed
        for other in runs
    )
