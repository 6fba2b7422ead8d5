"""From the ledger to Prefect: claims queued runs and has them run in this process.

The ledger's NOTIFY wakes it; what has to wait until a certain time is found by a slow tick.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from captionacc.errors import (
    CancelledError,
    CaptionAccError,
    CatalogError,
    InternalError,
    ServiceUnavailableError,
    StaleRunError,
    WorkerLostError,
)
from captionacc.flows.ledger import claimant
from captionacc.flows.registry import FLOWS
from captionacc.flows.retries import retry_delay_s
from captionacc.logs import set_about
from captionacc.model.runs import FlowName, RunError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from uuid import UUID

    from captionacc.catalog.pool import Catalog
    from captionacc.model.runs import Run
    from captionacc.settings import Settings
    from captionacc.worker.disk import DiskGuard
    from captionacc.worker.host import FlowHost
    from captionacc.worker.prefect_link import PrefectLink

_TICK_S: Final = 5.0
_AGAIN_S: Final = 2.0
_BEAT_S: Final = 3.0

_PASSING: Final = (ServiceUnavailableError, CatalogError)
"""What stands in the way of any run is no attempt of this one."""

_log = logging.getLogger(__name__)


def flow_limits(settings: Settings) -> dict[FlowName, int]:
    """How many runs of each flow may be under way at once."""
    return {
        FlowName.VIDEO_INITIAL_PROCESSING: settings.initial_processing_limit,
        FlowName.CROP_AND_INFER: settings.crop_and_infer_limit,
        FlowName.MEDIAN_OCR: settings.median_ocr_limit,
    }


class Dispatcher:
    """Claims while there is room under the limits.

    Args:
        catalog: The ledger.
        prefect: Where the flow runs are made.
        host: Where they run.
        limits: Runs of each flow that may be under way at once, of all dispatchers together.
        disk: Whether there is space for more work.
    """

    def __init__(
        self,
        catalog: Catalog,
        prefect: PrefectLink,
        host: FlowHost,
        limits: Mapping[FlowName, int],
        disk: DiskGuard,
    ) -> None:
        self._catalog = catalog
        self._prefect = prefect
        self._host = host
        self._limits = limits
        self._disk = disk
        self._awake = asyncio.Event()
        self._runs: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look into the ledger at once."""
        self._awake.set()

    async def serve(self) -> None:
        """Dispatch until cancelled; what is under way then is given back to the ledger."""
        try:
            while True:
                await self._prefect.wait_until_ready()
                self._awake.clear()
                await self._claim_all()
                await self._sleep()
        finally:
            for task in self._runs:
                task.cancel()
            if self._runs:
                await asyncio.wait(self._runs)

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(_TICK_S):
                await self._awake.wait()
        except TimeoutError:
            return

    async def _claim_all(self) -> None:
        if self._disk.is_full:
            return
        try:
            for flow, limit in self._limits.items():
                while (run := await self._catalog.runs.claim(flow, limit, claimant())) is not None:
                    task = asyncio.create_task(self._execute(run))
                    self._runs.add(task)
                    task.add_done_callback(self._runs.discard)
        except CatalogError as error:
            _log.warning("the ledger did not answer: %s", error)

    async def _execute(self, run: Run) -> None:
        """See one claim through; whatever happens, the ledger's run does not stay as it is."""
        set_about(tenant_id=run.tenant_id, video_id=run.video_id, run_id=run.id)
        try:
            await self._settle(run, await self._run_flow(run))
        except StaleRunError:
            return  # the flow settled it itself, as it does unless it never came to its first line
        except CatalogError as error:
            _log.warning("run %s waits until its heartbeat is old: %s", run.id, error)

    async def _run_flow(self, run: Run) -> CaptionAccError | None:
        """What ended the flow from outside; ``None`` if the process ends."""
        try:
            flow_run = await self._prefect.create_flow_run(run)
            await self._catalog.runs.set_prefect_flow_run(run, str(flow_run.id))
            async with self._beating(run, flow_run.id):
                state = await self._host.start(FLOWS[run.flow], flow_run)
        except asyncio.CancelledError:
            return None
        except CaptionAccError as error:
            return error
        except Exception as error:  # noqa: BLE001  # one run's trouble is no other's
            _log.exception("run %s could not be executed", run.id)
            return InternalError(repr(error))
        if state.is_cancelled() or state.is_cancelling():
            return CancelledError("The run was cancelled in Prefect.")
        return WorkerLostError(f"The flow did not begin: {state.message}")

    @asynccontextmanager
    async def _beating(self, run: Run, flow_run_id: UUID) -> AsyncGenerator[None]:
        """Until the flow begins, which takes Prefect long at times, the run's life is ours."""
        beats = asyncio.create_task(self._beat_until_begun(run, flow_run_id))
        try:
            yield
        finally:
            beats.cancel()

    async def _beat_until_begun(self, run: Run, flow_run_id: UUID) -> None:
        while True:
            await asyncio.sleep(_BEAT_S)
            if self._host.has_begun(flow_run_id):
                return
            try:
                await self._catalog.runs.heartbeat(run, "start", 0.0)
            except StaleRunError:
                return
            except CatalogError as error:
                _log.warning("no heartbeat of run %s: %s", run.id, error)

    async def _settle(self, run: Run, error: CaptionAccError | None) -> None:
        if error is None:
            await self._catalog.runs.release(run, 0)
        elif isinstance(error, _PASSING):
            await self._catalog.runs.release(run, _AGAIN_S)
            _log.warning("run %s is queued again: %s", run.id, error)
        elif isinstance(error, CancelledError):
            await self._catalog.runs.cancelled(run)
        else:
            told = RunError(code=error.code, message=error.message, hint=error.hint, run_id=run.id)
            await self._catalog.runs.fail(run, told, retry_delay_s(error, run.attempt))
            _log.error("run %s was left open: %s", run.id, error)
