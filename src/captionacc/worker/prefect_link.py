"""The dispatcher's connection to Prefect, which starts slowly and may go away."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Pending

from captionacc.errors import InternalError, ServiceUnavailableError
from captionacc.flows.ledger import flow_run_key
from captionacc.worker.deployments import register_deployments

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self
    from uuid import UUID

    from prefect.client.schemas.objects import FlowRun, State

    from captionacc.model.runs import FlowName, Run

_ASK_EVERY_S: Final = 0.5
_ANSWER_S: Final = 10.0
_HEALTH_S: Final = 3.0
_NO_ANSWER: Final = (httpx.HTTPError, TimeoutError, ObjectNotFound)
_REFUSED: Final = {400, 409, 422}
_OPEN: Final = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]

_log = logging.getLogger(__name__)


class PrefectLink:
    """Registers the deployments as soon as Prefect answers, and makes flow runs of them."""

    def __init__(self) -> None:
        self._client = get_client()
        self._deployments: dict[FlowName, UUID] = {}
        self._registering = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.__aexit__(exc_type, exc, traceback)

    async def wait_until_ready(self) -> None:
        """Return when Prefect answers and knows the deployments, however long that takes."""
        async with self._registering:
            while not self._deployments:
                await self._try_to_register()
                if not self._deployments:
                    await asyncio.sleep(_ASK_EVERY_S)

    async def create_flow_run(self, run: Run) -> FlowRun:
        """The flow run for this claim of ``run``; asked twice, the same one.

        It is made as pending, so that no worker that polls takes it.

        Raises:
            ServiceUnavailableError: Prefect did not answer, or lost the deployment.
            InternalError: Prefect refuses the parameters.
        """
        parameters = {
            **run.parameters,
            "video_id": run.video_id,
            "tenant_id": run.tenant_id,
        }
        try:
            async with asyncio.timeout(_ANSWER_S):
                return await self._client.create_flow_run_from_deployment(
                    self._deployment(run.flow),
                    parameters=parameters,
                    state=Pending(),
                    name=f"{run.video_id} {run.subject} #{run.attempt}",
                    tags=[f"tenant:{run.tenant_id}"],
                    idempotency_key=flow_run_key(run),
                )
        except _NO_ANSWER as error:
            if isinstance(error, httpx.HTTPStatusError) and error.response.status_code in _REFUSED:
                raise InternalError(f"Prefect refused a flow run: {error}") from error
            self._deployments = {}  # it may be another server that answers next
            raise ServiceUnavailableError(
                f"Prefect made no flow run: {type(error).__name__}: {error}".rstrip(": "),
                "The run waits in the ledger until Prefect answers.",
            ) from error

    async def open_flow_runs(self, older_than_s: float) -> list[FlowRun]:
        """What Prefect has shown as under way for so long, of our deployments; not all at once.

        Nothing if Prefect does not answer.
        """
        if not self._deployments:
            return []
        now = datetime.now(UTC)
        fresh = timedelta(seconds=older_than_s)
        try:
            async with asyncio.timeout(_ANSWER_S):
                shown = await self._client.read_flow_runs(
                    deployment_filter=DeploymentFilter(
                        id=DeploymentFilterId(any_=list(self._deployments.values()))
                    ),
                    flow_run_filter=FlowRunFilter(
                        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_OPEN))
                    ),
                )
        except _NO_ANSWER as error:
            _log.info("Prefect does not say what is under way: %r", error)
            return []
        # What is to be in the future was said before the clock was set back.
        return [one for one in shown if one.state and abs(now - one.state.timestamp) > fresh]

    async def show(self, flow_run_id: UUID, state: State[None]) -> None:
        """Have Prefect show the flow run in this state; without an answer it goes on as it does."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._client.set_flow_run_state(flow_run_id, state, force=True)
        except _NO_ANSWER as error:
            _log.warning("Prefect shows flow run %s as it was: %r", flow_run_id, error)

    def _deployment(self, flow: FlowName) -> UUID:
        found = self._deployments.get(flow)
        if found is None:  # given up by a run beside this one
            raise ServiceUnavailableError(
                "Prefect went away.", "The run waits in the ledger until Prefect answers."
            )
        return found

    async def _try_to_register(self) -> None:
        try:
            async with asyncio.timeout(_HEALTH_S):  # Prefect's client would wait longer each time
                if await self._client.api_healthcheck() is not None:
                    return
            async with asyncio.timeout(_ANSWER_S):
                self._deployments = await register_deployments(self._client)
        except _NO_ANSWER as error:
            _log.info("the deployments are not registered yet: %r", error)
        else:
            _log.info("Prefect is ready")
