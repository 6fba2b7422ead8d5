"""Where flows run: as tasks of one event loop, in one thread, in a process that is warm."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, Final

import httpx
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.context import AsyncClientContext

from captionacc.errors import CancelledError, ServiceUnavailableError
from captionacc.flows.services import share_services
from captionacc.worker.engine import run_flow

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self
    from uuid import UUID

    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import FlowRun, State
    from prefect.flows import Flow

    from captionacc.flows.services import Services

_LOOK_FOR_CANCELLATIONS_S: Final = 3.0
_STOP_S: Final = 10.0

_log = logging.getLogger(__name__)


class FlowHost:
    """Runs any number of flows at once; use it as an async context manager.

    It has a thread of its own because Prefect's engine takes SIGTERM over from the main thread's
    owner, and raises it in whatever code runs there.
    """

    def __init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="flows", daemon=True)
        self._ready: Future[None] = Future()
        self._ended: Future[None] = Future()
        self._tasks: dict[UUID, asyncio.Task[State[Any]]] = {}
        self._services: Services
        self._loop: asyncio.AbstractEventLoop
        self._context: Context
        self._stopping: asyncio.Event

    async def __aenter__(self) -> Self:
        """Open what flows need.

        Raises:
            CaptionAccError: a setting is missing, or the catalog cannot be reached.
        """
        self._thread.start()
        await asyncio.wrap_future(self._ready)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all flows; their runs wait in the ledger for the next process."""
        if not self._ended.done():
            self._loop.call_soon_threadsafe(self._stopping.set)
        await asyncio.to_thread(self._thread.join, 2 * _STOP_S)

    async def serve(self) -> None:
        """Wait until it ends; what ends it before its time is raised."""
        await asyncio.shield(asyncio.wrap_future(self._ended))

    def has_begun(self, flow_run_id: UUID) -> bool:
        """Whether the flow holds its run, and gives signs of life by itself."""
        return flow_run_id in self._services.open_runs

    def start(self, flow: Flow[..., Any], flow_run: FlowRun) -> asyncio.Future[State[Any]]:
        """Run ``flow`` as ``flow_run``; the result is the state in which it ends.

        Cancelling the future ends the flow as the end of the process would.
        """
        ended: Future[State[Any]] = Future()
        self._loop.call_soon_threadsafe(self._spawn, flow, flow_run, ended, context=self._context)
        return asyncio.wrap_future(ended)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001  # the edge of the thread: its owner is told
            (self._ended if self._ready.done() else self._ready).set_exception(error)
        else:
            self._ended.set_result(None)

    async def _serve(self) -> None:
        async with AsyncClientContext.get_or_create() as prefect, share_services() as services:
            self._services = services
            self._loop, self._context = asyncio.get_running_loop(), copy_context()
            self._stopping = asyncio.Event()
            watch = asyncio.create_task(self._watch(prefect.client, services))
            self._ready.set_result(None)
            await self._stopping.wait()
            await _end([watch, *self._tasks.values()])

    def _spawn(self, flow: Flow[..., Any], flow_run: FlowRun, ended: Future[State[Any]]) -> None:
        task = asyncio.create_task(run_flow(flow, flow_run), name=str(flow_run.id))
        self._tasks[flow_run.id] = task
        task.add_done_callback(lambda done: self._finish(flow_run.id, done, ended))
        ended.add_done_callback(
            lambda future: (
                self._loop.call_soon_threadsafe(task.cancel) if future.cancelled() else None
            )
        )

    def _finish(
        self, flow_run_id: UUID, task: asyncio.Task[State[Any]], ended: Future[State[Any]]
    ) -> None:
        self._tasks.pop(flow_run_id, None)
        if not ended.set_running_or_notify_cancel():
            return
        if task.cancelled():
            ended.set_exception(ServiceUnavailableError("The flow was ended with its process."))
        elif (error := task.exception()) is not None:
            ended.set_exception(error)
        else:
            ended.set_result(task.result())

    async def _watch(self, client: PrefectClient, services: Services) -> None:
        """Pass on what is cancelled in Prefect, such as in its UI."""
        while True:
            await asyncio.sleep(_LOOK_FOR_CANCELLATIONS_S)
            if services.open_runs:
                await _pass_on_cancellations(client, services)


async def _pass_on_cancellations(client: PrefectClient, services: Services) -> None:
    try:
        cancelled = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                id=FlowRunFilterId(any_=list(services.open_runs)),
                state=FlowRunFilterState(
                    type=FlowRunFilterStateType(any_=[StateType.CANCELLING, StateType.CANCELLED])
                ),
            )
        )
    except httpx.HTTPError as error:
        _log.debug("Prefect does not say what is cancelled: %s", error)
        return
    for flow_run in cancelled:
        run = services.open_runs.get(flow_run.id)
        if run is not None:
            run.interrupt(CancelledError("The run was cancelled in Prefect."))


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    _, late = await asyncio.wait(tasks, timeout=_STOP_S)
    for task in late:
        _log.warning("flow run %s did not end in time", task.get_name())
