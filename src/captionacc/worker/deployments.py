"""The three deployments, in the work pool of our own worker type or of any other.

The entrypoints are modules, so any process with this package installed can run them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists
from prefect.utilities.callables import parameter_schema

from captionacc.errors import ServiceUnavailableError
from captionacc.flows.registry import FLOWS
from captionacc.model.runs import WORK_POOL

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.orchestration import PrefectClient
    from prefect.flows import Flow

    from captionacc.model.runs import FlowName

WORKER_TYPE: Final = "captionacc"


async def register_deployments(
    client: PrefectClient, work_pool: str = WORK_POOL, worker_type: str = WORKER_TYPE
) -> dict[FlowName, UUID]:
    """Make or update a deployment of each flow, named like the work pool it belongs to.

    Args:
        client: Of the Prefect server to register with.
        work_pool: Made if it is missing.
        worker_type: The type of a pool that is made, such as ``process``.

    Returns:
        The deployments' ids.

    Raises:
        httpx.HTTPError: Prefect did not answer, or refused.
    """
    await _ensure_work_pool(client, work_pool, worker_type)
    return {name: await _register(client, flow, work_pool) for name, flow in FLOWS.items()}


async def _ensure_work_pool(client: PrefectClient, name: str, worker_type: str) -> None:
    """The pool's template stays empty: a worker of its type fills it in."""
    try:
        await client.create_work_pool(WorkPoolCreate(name=name, type=worker_type))
    except ObjectAlreadyExists:
        return


async def _register(client: PrefectClient, flow: Flow[..., Any], work_pool: str) -> UUID:
    return await client.create_deployment(
        flow_id=await client.create_flow(flow),
        name=work_pool,
        description=flow.description,
        entrypoint=f"{flow.fn.__module__}.{flow.fn.__name__}",
        work_pool_name=work_pool,
        parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
        enforce_parameter_schema=True,
        tags=["captionacc"],
    )


async def register(work_pool: str | None = None) -> list[str]:
    """Register with the Prefect server of this process's settings; returns the full names.

    Args:
        work_pool: A pool of stock ``process`` workers; our own pool if unset.

    Raises:
        ServiceUnavailableError: Prefect did not answer, or refused.
    """
    name, worker_type = (WORK_POOL, WORKER_TYPE) if work_pool is None else (work_pool, "process")
    try:
        async with get_client() as client:
            flows = await register_deployments(client, name, worker_type)
    except httpx.HTTPError as error:
        raise ServiceUnavailableError(
            f"Prefect did not register the deployments: {type(error).__name__}: {error}",
            "See whether the Prefect server runs and CAPTIONACC_PREFECT_API_URL is its address.",
        ) from error
    return [f"{flow.value}/{name}" for flow in flows]
