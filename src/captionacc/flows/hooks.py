"""What Prefect calls when it ends a flow run without asking it.

A stock worker cancels by ending the flow's process; this is then called in the worker's own.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from captionacc.errors import CancelledError, StaleRunError
from captionacc.flows.services import use_services
from captionacc.model.runs import RunState

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, State
    from prefect.flows import Flow


async def tell_ledger_of_cancellation(
    flow: Flow[..., Any],  # noqa: ARG001  # as Prefect calls hooks
    flow_run: FlowRun,
    state: State[Any],  # noqa: ARG001  # as above
) -> None:
    """Have the ledger's run end as cancelled, wherever its flow is."""
    async with use_services() as services:
        here = services.open_runs.get(flow_run.id)
        if here is not None:
            here.interrupt(CancelledError("The run was cancelled."))
            return
        runs = services.catalog.runs
        run = await runs.find_by_prefect(str(flow_run.id))
        if run is not None and (await runs.request_cancel(run.id)).state == RunState.RUNNING:
            with suppress(StaleRunError):  # then it ended by itself
                await runs.cancelled(run)
