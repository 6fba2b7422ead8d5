"""The dispatcher's connection to Prefect, which starts slowly and may go away."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed, Pending

from captionacc.errors import InternalError, ServiceUnavailableError
from captionacc.flows.ledger import flow_run_key
from captionacc.worker.deployments import register_deployments

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from prefect.client.schemas.objects import FlowRun

    from captionacc.model.runs import FlowName, Run

_ASK_EVERY_S: Final = 0.5
_ANSWER_S: Final = 10.0
_HEALTH_S: Final = 3.0
_NO_ANSWER: Final = (httpx.HTTPError, TimeoutError, ObjectNotFound)
_REFUSED: Final = {400, 409, 422}

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

    async def mark_crashed(self, flow_run_id: str, message: str) -> None:
        """Have Prefect show that this flow run was lost; without an answer it shows it never."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._client.set_flow_run_state(
                    UUID(flow_run_id), Crashed(message=message), force=True
                )
        except _NO_ANSWER as error:
            _log.warning("Prefect still shows flow run %s as running: %s", flow_run_id, error)

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
