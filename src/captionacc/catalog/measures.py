"""Figures for whoever operates the platform, which several processes add to."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from captionacc.catalog.queries import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from captionacc.catalog.database import Database
    from captionacc.model.runs import FlowName

DURATION_BOUNDS_S: Final = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, math.inf)
"""Upper bounds of the histogram of durations, in seconds."""

_SQL = load("measures")


@dataclass(frozen=True, slots=True)
class Durations:
    """How long runs of one flow were in one phase.

    Attributes:
        flow: The flow.
        phase: The phase.
        runs: For each of ``DURATION_BOUNDS_S`` how many took at most so long.
        seconds: Of all together.
    """

    flow: str
    phase: str
    runs: tuple[int, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Standing:
    """The platform's state at one moment.

    Attributes:
        oldest_heartbeat_s: Age of the oldest sign of life of a running run; 0 if none runs.
        paused_tenants: Tenants whose queue stands still.
        failures: Failed runs in the ledger, by flow and the error's code.
        leases: Leases that are held, by database and kind of holder.
        lease_refusals: How often one was refused, by database and who was refused.
        durations: How long runs were in which phase.
    """

    oldest_heartbeat_s: float
    paused_tenants: int
    failures: Mapping[tuple[str, str], int]
    leases: Mapping[tuple[str, str], int]
    lease_refusals: Mapping[tuple[str, str], int]
    durations: tuple[Durations, ...]


class Measures:
    """``phase_durations`` and ``lease_refusals``. All methods raise ``CatalogError``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def add_durations(self, flow: FlowName, seconds: Mapping[str, float]) -> None:
        """Note how long a run was in each phase."""
        await self._db.run(
            _SQL["add_durations"],
            flow=flow,
            phases=list(seconds),
            les=[DURATION_BOUNDS_S[bisect_left(DURATION_BOUNDS_S, s)] for s in seconds.values()],
            seconds=list(seconds.values()),
        )

    async def standing(self) -> Standing:
        """What there is to say now."""
        (now,) = await self._db.all(_SQL["standing"])
        failures = await self._db.all(_SQL["failures"])
        leases = await self._db.all(_SQL["leases"])
        refusals = await self._db.all(_SQL["lease_refusals"])
        return Standing(
            **now,
            failures={(row["flow"], row["code"]): row["number"] for row in failures},
            leases={(row["database"], row["kind"]): row["number"] for row in leases},
            lease_refusals={(row["database"], row["kind"]): row["refusals"] for row in refusals},
            durations=await self._durations(),
        )

    async def _durations(self) -> tuple[Durations, ...]:
        runs: dict[tuple[str, str], dict[float, int]] = {}
        seconds: dict[tuple[str, str], float] = {}
        for row in await self._db.all(_SQL["durations"]):
            key = (row["flow"], row["phase"])
            runs.setdefault(key, {})[row["le"]] = row["runs"]
            seconds[key] = seconds.get(key, 0.0) + row["seconds"]
        return tuple(
            Durations(*key, _cumulated(counts), seconds[key]) for key, counts in runs.items()
        )


def _cumulated(counts: Mapping[float, int]) -> tuple[int, ...]:
    return tuple(
        sum(number for le, number in counts.items() if le <= bound) for bound in DURATION_BOUNDS_S
    )
