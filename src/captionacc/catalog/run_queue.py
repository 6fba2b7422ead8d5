"""How runs come into the ledger, to their holders, and back when the holder is lost."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from captionacc.catalog.queries import load
from captionacc.catalog.rows import to_run
from captionacc.errors import ConflictError, NotFoundError, WorkerLostError
from captionacc.model.ids import RunId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from captionacc.catalog.database import Database
    from captionacc.model.ids import TenantId, VideoId
    from captionacc.model.runs import FlowName, Run

_SQL = load("runs")
_VIDEOS_SQL = load("videos")
_TRIES: Final = 3
_RETRY: Final = re.compile(r"^(?P<key>.*?)(?::retry(?P<number>\d+))?$", re.DOTALL)
_LOST: Final = "The worker that ran it died or was stopped."
_LOST_HINT: Final = "Try again; see the worker's log if it happens again."


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life of a running run.

    Attributes:
        run_id: The run.
        generation: Of the claim under which it runs.
        claimed_by: Which process holds it.
        heartbeat_at: When it was given, by the database's clock.
        age_s: How long ago that is by the same clock, which may have jumped.
    """

    run_id: RunId
    generation: int
    claimed_by: str
    heartbeat_at: datetime
    age_s: float = field(compare=False)


class RunQueue:
    """Runs in the state ``queued``. All methods raise ``CatalogError``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def enqueue(
        self,
        flow: FlowName,
        *,
        tenant_id: TenantId,
        video_id: VideoId,
        idempotency_key: str,
        subject: str = "",
        parameters: Mapping[str, Any] | None = None,
        priority: int = 0,
    ) -> Run:
        """Queue a run, or return the one of this key, else the active one of the same work.

        Args:
            flow: What to run.
            tenant_id: Whose video.
            video_id: The video.
            idempotency_key: What asked for it; asked again, it returns the same run for ever.
            subject: Which part of the video.
            parameters: The flow's parameters beside video and tenant.
            priority: -100 to 100; one more is worth half a minute of waiting.

        Raises:
            NotFoundError: there is no such video, or it is another tenant's, or deleted.
        """
        values = {
            "flow": flow,
            "tenant_id": tenant_id,
            "video_id": video_id,
            "key": idempotency_key,
            "subject": subject,
        }
        new = {"parameters": dict(parameters or {}), "priority": priority}
        for _ in range(_TRIES):  # what stood in the way may have ended before it was read
            row = await self._db.one(_SQL["enqueue"], **values, **new)
            row = row or await self._db.one(_SQL["enqueued"], **values)
            if row is not None:
                return to_run(row)
        raise NotFoundError(f"There is no video {video_id}.")

    async def claim(self, flow: FlowName, limit: int, claimed_by: str) -> Run | None:
        """Take the next queued run; ``None`` if ``limit`` are running already or none may start.

        First comes the highest sum of the run's priority, its tenant's priority and its age in
        half minutes, then the tenant of which the least is running, then the oldest.
        """
        async with self._db.transaction() as database:
            await database.one(_SQL["lock_claims"], flow=flow)
            row = await database.one(_SQL["claim"], flow=flow, limit=limit, claimed_by=claimed_by)
        return None if row is None else to_run(row)

    async def adopt(
        self,
        flow: FlowName,
        *,
        tenant_id: TenantId,
        video_id: VideoId,
        subject: str,
        parameters: Mapping[str, Any],
        prefect_flow_run_id: str,
        claimed_by: str,
    ) -> Run:
        """The run for a flow run that nobody claimed: the queued one of this work, or a new one.

        Raises:
            ConflictError: the same work is under way already.
            NotFoundError: there is no such video, or it is another tenant's, or deleted.
        """
        values: dict[str, Any] = {
            "flow": flow,
            "tenant_id": tenant_id,
            "video_id": video_id,
            "subject": subject,
            "parameters": dict(parameters),
            "flow_run_id": prefect_flow_run_id,
            "claimed_by": claimed_by,
        }
        async with self._db.transaction() as database:
            row = await database.one(_SQL["adopt"], **values)
            row = row or await database.one(_SQL["insert_adopted"], **values)
            if row is not None:
                return to_run(row)
            if not await database.all(_VIDEOS_SQL["get"], video_id=video_id, tenant_id=tenant_id):
                raise NotFoundError(f"There is no video {video_id}.")
        raise ConflictError("The same work is under way already.", "Wait for it, or cancel it.")

    async def request_cancel(self, run_id: RunId) -> Run:
        """End a queued run, ask a running one to end; one that has ended stays as it is.

        Raises:
            NotFoundError: there is no such run.
        """
        row = await self._db.one(_SQL["request_cancel"], run_id=run_id)
        row = row or await self._db.one(_SQL["get"], run_id=run_id)
        if row is None:
            raise NotFoundError(f"There is no run {run_id}.")
        return to_run(row)

    async def cancel_all(self, video_id: VideoId, tenant_id: TenantId) -> list[Run]:
        """End the video's queued runs, and ask its running ones to end; returns them."""
        rows = await self._db.all(
            _VIDEOS_SQL["cancel_runs"], video_id=video_id, tenant_id=tenant_id
        )
        return [to_run(row) for row in rows]

    async def heartbeats(self) -> list[Heartbeat]:
        """The last sign of life of each running run."""
        return [
            Heartbeat(RunId(row.pop("id")), **row) for row in await self._db.all(_SQL["heartbeats"])
        ]

    async def requeue_silent(self, beats: Iterable[Heartbeat]) -> list[Run]:
        """Queue again runs that gave no sign of life after these; fail those without attempts."""
        silent = list(beats)
        rows = await self._db.all(
            _SQL["requeue_silent"],
            ids=[beat.run_id for beat in silent],
            generations=[beat.generation for beat in silent],
            beats=[beat.heartbeat_at for beat in silent],
            code=WorkerLostError.code,
            message=_LOST,
            hint=_LOST_HINT,
        )
        return [to_run(row) for row in rows]

    async def hasten(self, longest_s: float) -> int:
        """End pauses of which more is left than any has; returns how many.

        They were begun before the database's clock was set back.
        """
        return await self._db.run(_SQL["hasten"], longest_s=longest_s)

    async def sweep_videos(self, older_than_s: float = 10.0) -> list[Run]:
        """Queue the first flow of videos of at least this age that never had any run."""
        rows = await self._db.all(_SQL["sweep_videos"], older_than_s=older_than_s)
        return [to_run(row) for row in rows]

    async def retry_failed(self, video_id: VideoId, tenant_id: TenantId) -> list[Run]:
        """Queue again what ended without success and is still wanted; its stages stand open again.

        Raises:
            NotFoundError: there is no such video.
            ConflictError: nothing failed.
        """
        async with self._db.transaction() as database:
            video = await database.one(_VIDEOS_SQL["lock"], video_id=video_id, tenant_id=tenant_id)
            if video is None:
                raise NotFoundError(f"There is no video {video_id}.")
            failed = await database.all(_SQL["retryable"], video_id=video_id)
            if not failed:
                raise ConflictError("Nothing of this video has failed.")
            flows = [row["flow"] for row in failed]
            await database.run(_VIDEOS_SQL["restart_stages"], video_id=video_id, flows=flows)
            queue = RunQueue(database)
            return [await queue.enqueue_again(to_run(row)) for row in failed]

    async def enqueue_again(self, run: Run) -> Run:
        """Queue the work of a run that has ended once more.

        Raises:
            NotFoundError: its video is gone.
        """
        return await self.enqueue(
            run.flow,
            tenant_id=run.tenant_id,
            video_id=run.video_id,
            idempotency_key=_retry_key(run.idempotency_key),
            subject=run.subject,
            parameters=run.parameters,
            priority=run.priority,
        )


def _retry_key(key: str) -> str:
    """``k`` becomes ``k:retry1``, that becomes ``k:retry2``."""
    match = _RETRY.match(key)
    assert match is not None  # noqa: S101  # it matches everything
    return f"{match['key']}:retry{int(match['number'] or 0) + 1}"
