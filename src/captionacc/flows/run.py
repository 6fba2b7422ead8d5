"""One execution of a flow: held in the ledger from its first line to its outcome.

::

    async with open_run(Work(FlowName.MEDIAN_OCR, ...)) as run:
        result = await run.compute(job, MedianOcrResult)
        async with run.completing() as tx:  # outputs and success become visible at once
            ...
    return run.outcome  # what Prefect is told

What goes wrong in the block is recorded, in the ledger and by it in the video, and not raised.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from prefect.logging import get_run_logger
from prefect.states import Completed

from captionacc.compute.backends.base import CallId
from captionacc.compute.job_keys import with_full_key
from captionacc.errors import (
    CancelledError,
    CaptionAccError,
    CatalogError,
    InternalError,
    StaleRunError,
    WorkerLostError,
)
from captionacc.flows.ledger import current_flow_run, hold
from captionacc.flows.outcome import settle
from captionacc.flows.pulse import LEASE_S, Pulse
from captionacc.flows.services import use_services
from captionacc.flows.uninterrupted import uninterrupted
from captionacc.logs import set_about

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

    from prefect.client.schemas.objects import State

    from captionacc.catalog.pool import Catalog
    from captionacc.compute.backends.base import CallCost
    from captionacc.compute.contracts import Job, JobResult
    from captionacc.flows.compute_pool import ComputeCall
    from captionacc.flows.ledger import Work
    from captionacc.flows.services import Services
    from captionacc.model.ids import TenantId, VideoId
    from captionacc.model.runs import Run
    from captionacc.model.videos import DatabaseName

_Result = TypeVar("_Result", bound="JobResult")


class FlowRun:
    """What a flow's recipe works with.

    Attributes:
        ledger: The run's row as it was when the flow began.
        catalog: Postgres.
        captions: The API's internal endpoints.
        log: Goes to Prefect too.
        outcome: The state for Prefect, once the run has ended.
    """

    def __init__(self, services: Services, ledger: Run) -> None:
        self.ledger = ledger
        self.catalog = services.catalog
        self.captions = services.captions
        self.log = get_run_logger()
        self.outcome: State[None] = Completed()
        self._services = services
        self._pulse = Pulse(services.catalog, ledger, self.interrupt)
        self._may_interrupt = True
        self._interruption: CaptionAccError | None = None
        self._task = asyncio.current_task()
        self._waited_s: dict[str, float] = {}
        self._calls: list[ComputeCall] = []
        self._when_failed: list[Callable[[CaptionAccError], Awaitable[None]]] = []

    @property
    def tenant_id(self) -> TenantId:
        """Whose video it is."""
        return self.ledger.tenant_id

    @property
    def video_id(self) -> VideoId:
        """The video."""
        return self.ledger.video_id

    async def compute(self, job: Job, result_type: type[_Result]) -> _Result:
        """Run ``job``, or go on with the call or the result that an earlier attempt left.

        Its key, the stage's name, is made complete. The ledger learns of the call before it
        starts, so that whoever continues after us can find it.

        Raises:
            CaptionAccError: what the function raises.
        """
        named = with_full_key(job)
        intent = await self.catalog.runs.set_compute_intent(self.ledger, named.job_key)
        earlier = CallId(intent.compute_call_id) if intent.compute_call_id else None
        self.log.info("Computing %s.", named.job_key)
        async with self._services.compute.call(named, earlier, self._is_unwanted) as call:
            self._calls.append(call)
            await self.catalog.runs.set_compute_call(self.ledger, call.id)
            result = await self._wait(call)
        if not isinstance(result, result_type):
            raise InternalError(f"The job {named.job_key} returned a {type(result).__name__}.")
        for warning in result.warnings:
            self.log.warning(warning)
        return result

    def say(self, phase: str) -> None:
        """Show what the flow does now, when it is no compute call."""
        self._pulse.say(phase)

    async def lease(self, database: DatabaseName) -> None:
        """Hold the lease on one of the video's databases; the ledger ends it with the run.

        Raises:
            LeasedError: somebody else holds it.
        """
        await self.catalog.databases.acquire_lease(
            self.video_id, database, self.tenant_id, "run", self.ledger.id, LEASE_S
        )
        self._pulse.keep_lease(database)

    @asynccontextmanager
    async def completing(self) -> AsyncGenerator[Catalog]:
        """The transaction that makes the outputs visible and the run a success, or neither.

        Raises:
            StaleRunError: the run was given to somebody else; nothing is changed.
        """
        costs = await self._costs()
        await self._pulse.stop()
        self._may_interrupt = False
        async with self.catalog.transaction() as tx:
            await tx.runs.succeed(self.ledger)
            yield tx
            await self._account(tx, costs)

    def when_failed(self, act: Callable[[CaptionAccError], Awaitable[None]]) -> None:
        """Have ``act`` called if the run fails for good."""
        self._when_failed.append(act)

    def interrupt(self, reason: CaptionAccError) -> None:
        """End the block with ``reason`` at its next await."""
        if self._may_interrupt and self._task is not None:
            self._may_interrupt = False
            self._interruption = reason
            self._task.cancel()

    async def begin(self) -> None:
        """Tell the ledger, and go on telling it."""
        self._waited_s = _waits_s(await self.catalog.runs.started(self.ledger))
        self._pulse.start()

    async def end(self, error: BaseException) -> bool:
        """Record what ended the block; returns whether that settles it.

        Not settled is the end of the whole process: then the run waits for another one.
        """
        await self._pulse.stop()
        self._may_interrupt = False
        if isinstance(error, asyncio.CancelledError):
            if self._interruption is None:
                await self._give_back()
                return False
            error = self._interruption
            if self._task is not None:
                self._task.uncancel()
        self.outcome = await settle(self, error, self._when_failed)
        if not isinstance(error, StaleRunError):  # else whoever has the run goes on with its calls
            await self._try_account()
        return True

    async def note_durations(self) -> None:
        """For the operator's figures; without them nothing is amiss."""
        seconds = self._waited_s | self._pulse.durations_s()
        try:
            await self.catalog.measures.add_durations(self.ledger.flow, seconds)
        except CatalogError as error:
            self.log.info("How long it took is not noted: %s", error)

    async def _give_back(self) -> None:
        try:
            await self.catalog.runs.release(self.ledger, self._services.pause_s)
        except StaleRunError:
            return  # its dispatcher did it
        except CatalogError as error:
            self.log.warning("The run waits until its heartbeat is old: %s", error)

    def _is_unwanted(self) -> bool:
        """Whether nobody will go on with this run's calls: not if it only changes hands."""
        return isinstance(self._interruption, CancelledError)

    async def _costs(self) -> dict[CallId, CallCost]:
        """What the calls took, as far as that can be told now."""
        costs: dict[CallId, CallCost] = {}
        for call in self._calls:
            try:
                costs[call.id] = await call.cost()
            except CaptionAccError as error:
                self.log.warning("What call %s took is not known: %s", call.id, error)
        return costs

    async def _account(self, tx: Catalog, costs: Mapping[CallId, CallCost]) -> None:
        for call_id, cost in costs.items():
            await tx.usage.add(self.ledger, call_id, cost.resource, cost.seconds, cost.cost_usd)

    async def _try_account(self) -> None:
        """Note what a run took that did not succeed; its outcome is recorded already."""
        try:
            await self._account(self.catalog, await self._costs())
        except CatalogError as error:
            self.log.warning("What the run took is not noted: %s", error)

    async def _wait(self, call: ComputeCall) -> JobResult:
        try:
            return await call.result(self._pulse)
        except CancelledError as error:  # not by us: then nobody would wait here
            raise WorkerLostError("The computation was ended from outside.") from error


@asynccontextmanager
async def open_run(work: Work) -> AsyncGenerator[FlowRun]:
    """Hold the ledger's run for ``work`` during the block.

    Raises:
        StaleRunError: the work was given to a later flow run.
        ConflictError: the same work is under way already.
        CatalogError: the ledger cannot be reached.
    """
    async with use_services() as services:
        run = FlowRun(services, await hold(services.catalog, work))
        set_about(tenant_id=run.tenant_id, video_id=run.video_id, run_id=run.ledger.id)
        flow_run_id = UUID(str(current_flow_run().id))
        services.open_runs[flow_run_id] = run
        try:
            await run.begin()
            yield run
        except BaseException as error:
            if not await uninterrupted(run.end(error)):
                raise
        finally:
            del services.open_runs[flow_run_id]
        await uninterrupted(run.note_durations())


def _waits_s(run: Run) -> dict[str, float]:
    """How long it waited for a claim, and from there to the flow's first line."""
    if run.claimed_at is None or run.heartbeat_at is None:
        return {}
    waited = {"dispatch": (run.heartbeat_at - run.claimed_at).total_seconds()}
    if run.attempt == 1:
        waited["queued"] = (run.claimed_at - run.created_at).total_seconds()
    return {name: max(seconds, 0.0) for name, seconds in waited.items()}
