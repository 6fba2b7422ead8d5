"""Finds what was missed: runs whose worker died, videos whose webhook never came.

What Prefect shows as under way and the ledger does not is settled as the ledger has it.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from prefect.states import Cancelled, Completed, Crashed, Failed

from captionacc.errors import CatalogError, NotFoundError
from captionacc.flows.ledger import claim_of
from captionacc.flows.retries import LONGEST_DELAY_S
from captionacc.logs import about
from captionacc.model.runs import RunState
from captionacc.worker.silence import SilenceWatch

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, State

    from captionacc.catalog.pool import Catalog
    from captionacc.worker.prefect_link import PrefectLink

_EVERY_S: Final = 5.0
_STALE_S: Final = 15.0
_SETTLE_EVERY: Final = 3  # rounds
_OPEN_S: Final = 20.0
"""How much longer than the ledger Prefect may take to know that a flow run is over."""
_EVENTS_KEPT: Final = timedelta(days=1)
_PRUNE_EVERY: Final = 720  # rounds: about an hour

_STATES: Final = {
    RunState.SUCCEEDED: Completed,
    RunState.CANCELLED: Cancelled,
    RunState.FAILED: Failed,
}

_log = logging.getLogger(__name__)


class Reconciler:
    """Looks on boot and every few seconds.

    Args:
        catalog: The ledger.
        prefect: Told of flow runs that were lost.
    """

    def __init__(self, catalog: Catalog, prefect: PrefectLink) -> None:
        self._catalog = catalog
        self._prefect = prefect
        self._silence = SilenceWatch(_STALE_S)

    async def serve(self) -> None:
        """Look until cancelled."""
        rounds = 0
        while True:
            try:
                await self.reconcile()
                if rounds % _SETTLE_EVERY == 0:
                    await self.settle_flow_runs()
                if rounds % _PRUNE_EVERY == 0:
                    await self._catalog.events.prune(_EVENTS_KEPT)
            except CatalogError as error:
                _log.warning("the ledger did not answer: %s", error)
                self._silence.forget()
            rounds += 1
            await asyncio.sleep(_EVERY_S)

    async def reconcile(self) -> None:
        """Queue again what has no sign of life, and start what nobody started.

        Raises:
            CatalogError: the ledger cannot be reached.
        """
        runs = self._catalog.runs
        for run in await runs.requeue_silent(self._silence.lost(await runs.heartbeats())):
            with about(tenant_id=run.tenant_id, video_id=run.video_id, run_id=run.id):
                _log.warning("run %s of %s lost its worker", run.id, run.flow.value)
        for run in await runs.sweep_videos():
            with about(tenant_id=run.tenant_id, video_id=run.video_id, run_id=run.id):
                _log.warning("video %s had no run: its webhook never came", run.video_id)
        if hastened := await runs.hasten(LONGEST_DELAY_S):
            _log.warning("%d runs waited for a time before which the clock was set", hastened)

    async def settle_flow_runs(self) -> None:
        """End in Prefect what is over: its worker died, or Prefect was away when it ended.

        Raises:
            CatalogError: the ledger cannot be reached.
        """
        for flow_run in await self._prefect.open_flow_runs(_OPEN_S):
            outcome = await self._outcome(flow_run)
            if outcome is not None:
                _log.warning("flow run %s was left open in Prefect", flow_run.id)
                await self._prefect.show(flow_run.id, outcome)

    async def _outcome(self, flow_run: FlowRun) -> State[None] | None:
        """How it ended; ``None`` if it is under way."""
        claim = claim_of(flow_run)
        if claim is None and flow_run.state is not None and flow_run.state.is_pending():
            return None  # a person's, which no row of the ledger knows before its first line
        try:
            run = (
                await self._catalog.runs.find_by_prefect(str(flow_run.id))
                if claim is None
                else await self._catalog.runs.get(claim[0])
            )
        except NotFoundError:
            run = None
        if run is None or (claim is not None and run.generation != claim[1]):
            return Crashed(message="The worker was lost.")
        return None if run.state is RunState.RUNNING else _STATES.get(run.state, Crashed)()
