"""The Prefect worker type ``captionacc``: flow runs are tasks of this process.

Nothing is started for a flow run, so it begins within milliseconds, and many wait for compute at
the cost of one process. Prefect finds the type by the package's entry point.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from prefect.flows import load_flow_from_flow_run
from prefect.workers.base import (
    BaseJobConfiguration,
    BaseVariables,
    BaseWorker,
    BaseWorkerResult,
)

if TYPE_CHECKING:
    import anyio.abc
    from prefect.client.schemas.objects import FlowRun

    from captionacc.worker.host import FlowHost


class WarmWorkerResult(BaseWorkerResult):
    """Prefect's state says how the flow run ended; there is no infrastructure to speak of."""


class WarmWorker(BaseWorker[BaseJobConfiguration, BaseVariables, WarmWorkerResult]):
    """Runs the flow runs of a work pool in this process.

    Args:
        host: Where they run; the worker opens one of its own if none is given.
    """

    type = "captionacc"
    job_configuration = BaseJobConfiguration
    _description = "Runs flow runs as tasks of one warm process."

    def __init__(
        self,
        *args: Any,  # noqa: ANN401  # as Prefect calls all worker types
        host: FlowHost | None = None,
        **options: Any,  # noqa: ANN401  # as above
    ) -> None:
        super().__init__(*args, **options)
        self._host = host

    async def setup(self) -> None:
        """Prepare to run flows."""
        if self._host is None:
            # Prefect loads this module wherever it lists worker types; flows load with the first.
            from captionacc.worker.host import FlowHost  # noqa: PLC0415

            self._host = await self._exit_stack.enter_async_context(FlowHost())
        await super().setup()

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,  # noqa: ARG002  # there is no job to configure
        task_status: anyio.abc.TaskStatus[Any] | None = None,
    ) -> WarmWorkerResult:
        """Run a flow run that was found by polling, and wait until it has ended."""
        if self._host is None:
            raise RuntimeError("The worker is not set up.")
        flow = await load_flow_from_flow_run(flow_run, use_placeholder_flow=False)
        ended = self._host.start(flow, flow_run)
        if task_status is not None:
            task_status.started(os.getpid())
        await ended
        return WarmWorkerResult(status_code=0, identifier=str(os.getpid()))
