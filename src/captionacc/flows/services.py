"""What every flow of a process shares: the catalog, the API, and this machine's compute."""

from __future__ import annotations

from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from captionacc.catalog.pool import open_catalog
from captionacc.flows.captions_api import CaptionsApi
from captionacc.flows.compute_pool import ComputePool
from captionacc.settings import get_settings, require

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from uuid import UUID

    from captionacc.catalog.pool import Catalog
    from captionacc.flows.run import FlowRun


@dataclass(frozen=True, slots=True)
class Services:
    """Opened once in a process that runs many flows, else by the flow itself.

    Attributes:
        catalog: Postgres.
        captions: The API's internal endpoints.
        compute: Compute processes of this machine.
        pause_s: How long a run waits in the ledger when its process is ended.
        open_runs: The runs under way, by their Prefect flow run.
    """

    catalog: Catalog
    captions: CaptionsApi
    compute: ComputePool
    pause_s: float
    open_runs: dict[UUID, FlowRun] = field(default_factory=dict["UUID", "FlowRun"])


# Prefect ends a flow's own process without saying why; that it was a cancellation it says later.
_PAUSE_S: Final = 30.0

_SHARED: Final[ContextVar[Services | None]] = ContextVar("captionacc_flow_services", default=None)


@asynccontextmanager
async def share_services() -> AsyncGenerator[Services]:
    """Open the services for all flows that are started within the block.

    Raises:
        MissingDependencyError: the settings do not say where the catalog is.
        CatalogError: it cannot be reached.
    """
    async with _open(pause_s=0) as services:
        token = _SHARED.set(services)
        try:
            yield services
        finally:
            _SHARED.reset(token)


@asynccontextmanager
async def use_services() -> AsyncGenerator[Services]:
    """The services of this process, opened for the block if nobody shares them."""
    shared = _SHARED.get()
    if shared is not None:
        yield shared
        return
    async with _open(_PAUSE_S) as services:
        yield services


@asynccontextmanager
async def _open(pause_s: float) -> AsyncGenerator[Services]:
    compute = ComputePool.of(get_settings())
    async with open_catalog(require("database_url")) as catalog, CaptionsApi() as captions:
        try:
            yield Services(catalog, captions, compute, pause_s)
        finally:
            await compute.close()
