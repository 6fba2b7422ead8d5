"""Prefect's engine for a flow that is one of many in a process."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import httpx
from prefect.context import AsyncClientContext
from prefect.exceptions import Abort
from prefect.flow_engine import AsyncFlowRunEngine
from prefect.states import Crashed

from captionacc.errors import CaptionAccError, ServiceUnavailableError
from captionacc.flows.ledger import claim_of
from captionacc.logs import set_about

if TYPE_CHECKING:
    from collections.abc import Generator

    from prefect._flow_run_suspension import FlowRunSuspensionRequest
    from prefect.client.schemas.objects import FlowRun, State
    from prefect.flows import Flow

_IDS: Final = ("tenant_id", "video_id")

_log = logging.getLogger(__name__)


class _SharedProcessEngine(AsyncFlowRunEngine[..., Any]):
    """Does not watch for suspensions, which our flows do not know.

    Prefect would give each flow a thread and a WebSocket of its own for that, and hold up the
    event loop, and with it all other flows, while they open and close.
    """

    @contextmanager
    def setup_flow_run_suspension_request(self) -> Generator[FlowRunSuspensionRequest]:
        yield self._get_flow_run_suspension_request()

    def raise_ours(self) -> None:
        """Raise what the flow raised if it is an error of ours; Prefect keeps but its text."""
        if isinstance(self._raised, CaptionAccError):
            raise self._raised


async def run_flow(flow: Flow[..., Any], flow_run: FlowRun) -> State[Any]:
    """Run ``flow`` as the existing ``flow_run`` and return the state in which it ended.

    As ``prefect.flow_engine.run_flow_async`` does it.

    Raises:
        ServiceUnavailableError: Prefect does not answer.
        CaptionAccError: what the flow raised.
    """
    set_about(**_subject(flow_run))
    engine = _SharedProcessEngine(flow=flow, flow_run=flow_run, parameters=flow_run.parameters)
    try:
        async with engine.start():
            while engine.is_running():
                async with engine.run_context():
                    await engine.call_flow_fn()
    except Abort as error:  # no ordinary exception, so it must not get out of here
        _log.info("Prefect ended flow run %s: %s", flow_run.id, error)
        return await _state_of(flow_run)
    except httpx.HTTPError as error:
        raise ServiceUnavailableError(
            f"Prefect did not answer: {type(error).__name__}: {error}".rstrip(": "),
            "The run waits in the ledger until Prefect answers.",
        ) from error
    engine.raise_ours()
    return engine.state


def _subject(flow_run: FlowRun) -> dict[str, str]:
    """What the flow run's lines are about, before it holds its run."""
    claim = claim_of(flow_run)
    known = {"run_id": claim[0]} if claim else {}
    given = {name: str(flow_run.parameters[name]) for name in _IDS if name in flow_run.parameters}
    return {**known, **given}


async def _state_of(flow_run: FlowRun) -> State[Any]:
    """As Prefect has it now."""
    async with AsyncClientContext.get_or_create() as prefect:
        now = await prefect.client.read_flow_run(flow_run.id)
    return now.state or Crashed(message="The flow run has no state.")
