"""What the holder of a run may do with it.

Every statement names the generation of the holder's claim. Whoever holds an older one, or a run
that has ended, gets ``StaleRunError`` and has changed nothing.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from captionacc.catalog.queries import load
from captionacc.catalog.rows import held_run

if TYPE_CHECKING:
    from captionacc.catalog.database import Database
    from captionacc.model.runs import Run, RunError

_SQL = load("runs")


class HeldRuns:
    """Runs in the state ``running``. All methods raise ``StaleRunError`` and ``CatalogError``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def started(self, run: Run) -> Run:
        """The flow's first line is reached."""
        return await self._write("started", run)

    async def heartbeat(self, run: Run, phase: str, progress: float) -> Run:
        """A sign of life; ``progress`` is 0-1 within ``phase``.

        The answer also says whether the run should be cancelled.
        """
        return await self._write("heartbeat", run, phase=phase, progress=progress)

    async def set_prefect_flow_run(self, run: Run, flow_run_id: str) -> Run:
        """Which Prefect flow run works on it."""
        return await self._write("set_prefect_flow_run", run, flow_run_id=flow_run_id)

    async def set_compute_intent(self, run: Run, job_key: str) -> Run:
        """A computation is about to be submitted; forgets the call of any other."""
        return await self._write("set_compute_intent", run, job_key=job_key)

    async def set_compute_call(self, run: Run, call_id: str) -> Run:
        """The computation was submitted."""
        return await self._write("set_compute_call", run, call_id=call_id)

    async def succeed(self, run: Run) -> Run:
        """It has done what was asked; best in the transaction that makes its outputs visible."""
        return await self._write("succeed", run)

    async def cancelled(self, run: Run) -> Run:
        """It was ended because a person wanted that."""
        return await self._write("cancelled", run)

    async def release(self, run: Run, delay_s: float) -> Run:
        """Queue it again after ``delay_s``, as if this attempt had not been."""
        return await self._write("release", run, delay_s=delay_s)

    async def fail(self, run: Run, error: RunError, retry_in_s: float | None) -> Run:
        """Queue it again after ``retry_in_s``, or end it as failed, and tell so in the video.

        It is ended if ``retry_in_s`` is ``None`` or no attempt is left; as cancelled if a person
        asked for that meanwhile.
        """
        return await self._write("fail", run, error=asdict(error), retry_in_s=retry_in_s)

    async def _write(self, name: str, run: Run, **values: Any) -> Run:  # noqa: ANN401  # columns
        row = await self._db.one(_SQL[name], run_id=run.id, generation=run.generation, **values)
        return held_run(row)
