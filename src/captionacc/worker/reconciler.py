"""Finds what was missed: runs whose worker died, videos whose webhook never came."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from captionacc.errors import CatalogError

if TYPE_CHECKING:
    from captionacc.catalog.pool import Catalog
    from captionacc.worker.prefect_link import PrefectLink

_EVERY_S: Final = 5.0
_STALE_S: Final = 15.0
_EVENTS_KEPT: Final = timedelta(days=1)
_PRUNE_EVERY: Final = 720  # rounds: about an hour

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

    async def serve(self) -> None:
        """Look until cancelled."""
        rounds = 0
        while True:
            try:
                await self.reconcile()
                if rounds % _PRUNE_EVERY == 0:
                    await self._catalog.events.prune(_EVENTS_KEPT)
            except CatalogError as error:
                _log.warning("the ledger did not answer: %s", error)
                await asyncio.sleep(_STALE_S)  # nobody could give a sign of life either
            rounds += 1
            await asyncio.sleep(_EVERY_S)

    async def reconcile(self) -> None:
        """Queue again what has no sign of life, and start what nobody started.

        Raises:
            CatalogError: the ledger cannot be reached.
        """
        lost = await self._catalog.runs.requeue_stale(_STALE_S)
        for run in lost:
            _log.warning("run %s of %s lost its worker", run.id, run.flow.value)
        await asyncio.gather(
            *(
                self._prefect.mark_crashed(run.prefect_flow_run_id, "The worker was lost.")
                for run in lost
                if run.prefect_flow_run_id is not None
            )
        )
        for run in await self._catalog.runs.sweep_videos():
            _log.warning("video %s had no run: its webhook never came", run.video_id)
