"""Which row of the ledger a Prefect flow run works on."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from prefect.context import FlowRunContext

from captionacc.errors import InternalError, StaleRunError
from captionacc.model.ids import RunId
from captionacc.model.runs import RunState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prefect.client.schemas.objects import FlowRun as PrefectFlowRun

    from captionacc.catalog.pool import Catalog
    from captionacc.model.ids import TenantId, VideoId
    from captionacc.model.runs import FlowName, Run


_CLAIM: Final = re.compile(
    r"(?P<run_id>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}):(?P<generation>\d+)"
)


@dataclass(frozen=True, slots=True)
class Work:
    """What a flow is asked to do.

    Attributes:
        flow: Its name.
        tenant_id: Whose video.
        video_id: The video.
        subject: Which part of the video; of a flow, video and subject one run is active at most.
        parameters: The flow's further parameters.
    """

    flow: FlowName
    tenant_id: TenantId
    video_id: VideoId
    subject: str
    parameters: Mapping[str, Any]


def flow_run_key(run: Run) -> str:
    """The idempotency key of the Prefect flow run for this claim of ``run``."""
    return f"{run.id}:{run.generation}"


def claimant() -> str:
    """How this process is called in the ledger."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_gone(claimed_by: str) -> bool:
    """Whether that process ran on this machine and does not any more."""
    host, _, pid = claimed_by.rpartition(":")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def current_flow_run() -> PrefectFlowRun:
    """The Prefect flow run that this code is part of.

    Raises:
        InternalError: it is not part of any.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise InternalError("This is only possible within a Prefect flow run.")
    return context.flow_run


def claim_of(flow_run: PrefectFlowRun) -> tuple[RunId, int] | None:
    """The run and the generation for which the dispatcher made it; ``None`` if it did not."""
    claim = _CLAIM.fullmatch(flow_run.idempotency_key or "")
    return None if claim is None else (RunId(claim["run_id"]), int(claim["generation"]))


async def hold(catalog: Catalog, work: Work) -> Run:
    """The ledger's row for the current flow run: the dispatcher's, else one of its own.

    Raises:
        StaleRunError: the dispatcher gave the work to a later flow run.
        ConflictError: the same work is under way already.
    """
    flow_run = current_flow_run()
    claim = claim_of(flow_run)
    if claim is None:
        return await _adopt(catalog, work, flow_run)
    run_id, generation = claim
    run = await catalog.runs.get(run_id)
    if run.state != RunState.RUNNING or run.generation != generation:
        raise StaleRunError(
            f"This flow run is not the one that run {run.id} waits for now.",
            "Start it again with `captionacc retry`.",
        )
    return run


async def _adopt(catalog: Catalog, work: Work, flow_run: PrefectFlowRun) -> Run:
    return await catalog.runs.adopt(
        work.flow,
        tenant_id=work.tenant_id,
        video_id=work.video_id,
        subject=work.subject,
        parameters=work.parameters,
        prefect_flow_run_id=str(flow_run.id),
        claimed_by=claimant(),
    )
