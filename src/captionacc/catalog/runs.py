"""The ledger: every piece of work that was ever asked for.

A run is in one of three hands: nobody's (:class:`~captionacc.catalog.run_queue.RunQueue`), its
holder's (:class:`~captionacc.catalog.held_runs.HeldRuns`), or the past.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from captionacc.catalog.held_runs import HeldRuns
from captionacc.catalog.queries import load
from captionacc.catalog.rows import to_run
from captionacc.catalog.run_queue import RunQueue
from captionacc.errors import NotFoundError
from captionacc.model.runs import FlowName, RunState

if TYPE_CHECKING:
    from collections.abc import Collection

    from captionacc.model.ids import RunId, TenantId, VideoId
    from captionacc.model.runs import Run

_SQL = load("runs")


@dataclass(frozen=True, slots=True)
class RunCount:
    """How many runs of a flow are in a state, and how long ago the first of them was queued."""

    flow: FlowName
    state: RunState
    number: int
    oldest_s: float


class Runs(RunQueue, HeldRuns):
    """``processing_runs``."""

    async def get(self, run_id: RunId) -> Run:
        """The run.

        Raises:
            NotFoundError: there is no such run.
        """
        row = await self._db.one(_SQL["get"], run_id=run_id)
        if row is None:
            raise NotFoundError(f"There is no run {run_id}.")
        return to_run(row)

    async def of_video(self, video_id: VideoId, tenant_id: TenantId) -> list[Run]:
        """All runs of the video, the newest first."""
        rows = await self._db.all(_SQL["of_video"], video_id=video_id, tenant_id=tenant_id)
        return [to_run(row) for row in rows]

    async def active_of(self, tenant_id: TenantId, video_ids: Collection[VideoId]) -> list[Run]:
        """The queued and running runs of these videos, the oldest first."""
        rows = await self._db.all(_SQL["active_of"], tenant_id=tenant_id, video_ids=list(video_ids))
        return [to_run(row) for row in rows]

    async def find_by_prefect(self, flow_run_id: str) -> Run | None:
        """The run whose present claim a Prefect flow run works on."""
        row = await self._db.one(_SQL["find_by_prefect"], flow_run_id=flow_run_id)
        return None if row is None else to_run(row)

    async def has_work(self, uploads_since_s: float) -> bool:
        """Whether something waits for its turn, is under way, or is about to come.

        Args:
            uploads_since_s: Uploads under way count for so long after parts were asked for.
        """
        rows = await self._db.all(_SQL["has_work"], uploads_since_s=uploads_since_s)
        return rows[0]["has_work"]

    async def counts(self) -> list[RunCount]:
        """How many runs there are of each flow and state; what there is none of is left out."""
        return [
            RunCount(FlowName(row["flow"]), RunState(row["state"]), row["number"], row["oldest_s"])
            for row in await self._db.all(_SQL["counts"])
        ]
