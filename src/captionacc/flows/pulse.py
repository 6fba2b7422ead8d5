"""A running flow's sign of life: tells the ledger where the run is, and hears what it wants."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from captionacc.errors import CancelledError, CaptionAccError, CatalogError

if TYPE_CHECKING:
    from collections.abc import Callable

    from captionacc.catalog.pool import Catalog
    from captionacc.compute.progress import Phase
    from captionacc.model.runs import Run
    from captionacc.model.videos import DatabaseName

LEASE_S: Final = 60.0
"""How long a lease of a run outlives its last renewal."""

_LOOK_S: Final = 0.5
_BEAT_S: Final = 3.0
_RENEW_S: Final = 15.0

_log = logging.getLogger(__name__)


class Durations:
    """How long something is in each of its phases.

    Args:
        phase: The first one.
    """

    def __init__(self, phase: str) -> None:
        self._phase = phase
        self._since = time.monotonic()
        self._seconds: dict[str, float] = {}

    def enter(self, phase: str) -> None:
        """The next phase begins, unless it is the same."""
        if phase != self._phase:
            self._seconds = self.until_now()
            self._phase, self._since = phase, time.monotonic()

    def until_now(self) -> dict[str, float]:
        """Seconds by phase."""
        spent_s = self._seconds.get(self._phase, 0.0) + time.monotonic() - self._since
        return {**self._seconds, self._phase: spent_s}


class Pulse:
    """Beats until it is stopped; also the ``Progress`` that compute calls report to.

    Args:
        catalog: Where the ledger is.
        run: The run.
        interrupt: Called once if the run must not go on, with the reason.
    """

    def __init__(
        self, catalog: Catalog, run: Run, interrupt: Callable[[CaptionAccError], None]
    ) -> None:
        self._catalog = catalog
        self._run = run
        self._interrupt = interrupt
        self._told = self._now = ("start", 0.0)
        self._durations = Durations("start")
        self._leases: dict[DatabaseName, float] = {}  # database: when it was last renewed
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._beat_until_stopped())

    async def stop(self) -> None:
        """No beat and no interruption comes after this."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def report(self, phase: Phase, fraction: float, speed: float | None = None) -> None:  # noqa: ARG002  # the ledger keeps no speed
        """Take note of a compute call's progress; may be called from any thread."""
        self._durations.enter(phase.value)
        self._now = (phase.value, min(max(fraction, 0.0), 1.0))

    def say(self, phase: str) -> None:
        """What the flow itself does now."""
        self._durations.enter(phase)
        self._now = (phase, 0.0)

    def durations_s(self) -> dict[str, float]:
        """For how many seconds the run was in each phase until now."""
        return self._durations.until_now()

    def keep_lease(self, database: DatabaseName) -> None:
        """Renew the lease on ``database``, just acquired, from now on."""
        self._leases[database] = time.monotonic()

    async def _beat_until_stopped(self) -> None:
        beaten = 0.0
        while True:
            if self._now != self._told or time.monotonic() - beaten >= _BEAT_S:
                beaten = time.monotonic()
                reason = await self._beat()
                if reason is not None:
                    self._interrupt(reason)
                    return
            await asyncio.sleep(_LOOK_S)

    async def _beat(self) -> CaptionAccError | None:
        """Tell the ledger; returns why the run must not go on, if so."""
        phase, fraction = now = self._now
        try:
            run = await self._catalog.runs.heartbeat(self._run, phase, fraction)
            await self._renew_leases()
        except CatalogError as error:
            _log.warning("no heartbeat of run %s: %s", self._run.id, error)
            return None  # if it goes on, another worker gets the run, and we are told then
        except CaptionAccError as error:  # another worker has the run, or the lease
            return error
        self._told = now
        if run.cancel_requested_at is not None:
            return CancelledError("The run was cancelled.")
        return None

    async def _renew_leases(self) -> None:
        for database, renewed in self._leases.items():
            if time.monotonic() - renewed >= _RENEW_S:
                await self._catalog.databases.acquire_lease(
                    self._run.video_id, database, self._run.tenant_id, "run", self._run.id, LEASE_S
                )
                self._leases[database] = time.monotonic()
