"""Prefect's engine for a flow that is one of many in a process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from prefect.flow_engine import AsyncFlowRunEngine

if TYPE_CHECKING:
    from collections.abc import Generator

    from prefect._flow_run_suspension import FlowRunSuspensionRequest
    from prefect.client.schemas.objects import FlowRun, State
    from prefect.flows import Flow


class _SharedProcessEngine(AsyncFlowRunEngine[..., Any]):
    """Does not watch for suspensions, which our flows do not know.

    Prefect would give each flow a thread and a WebSocket of its own for that, and hold up the
    event loop, and with it all other flows, while they open and close.
    """

    @contextmanager
    def setup_flow_run_suspension_request(self) -> Generator[FlowRunSuspensionRequest]:
        yield self._get_flow_run_suspension_request()


async def run_flow(flow: Flow[..., Any], flow_run: FlowRun) -> State[Any]:
    """Run ``flow`` as the existing ``flow_run`` and return the state in which it ended.

    As ``prefect.flow_engine.run_flow_async`` does it.
    """
    engine = _SharedProcessEngine(flow=flow, flow_run=flow_run, parameters=flow_run.parameters)
    async with engine.start():
        while engine.is_running():
            async with engine.run_context():
                await engine.call_flow_fn()
    return engine.state
