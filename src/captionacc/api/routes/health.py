"""Whether the process lives, whether it can work, and figures for Prometheus."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from fastapi import APIRouter, Response
from pydantic import Field

from captionacc.api import metrics
from captionacc.api.dependencies import CurrentServices
from captionacc.api.problems import problem_of, problem_responses
from captionacc.api.views import View
from captionacc.errors import CaptionAccError

router = APIRouter(tags=["health"])

_PATIENCE_S: Final = 3.0


class Health(View):
    """The process lives."""

    status: str = Field(default="ok", examples=["ok"])


class Readiness(View):
    """Whether the process can do its work."""

    is_ready: bool
    missing: dict[str, str] = Field(
        description="What is missing, with the reason.",
        examples=[{"catalog": "The database does not answer."}],
    )


@router.get("/healthz", summary="Whether the process lives", responses=problem_responses(403))
async def get_health() -> Health:
    """Answered at once, also while nothing else is there yet."""
    return Health()


@router.get(
    "/readyz",
    summary="Whether the process can work",
    responses=problem_responses(403)
    | {503: {"model": Readiness, "description": "Something is missing."}},
)
async def get_readiness(services: CurrentServices, response: Response) -> Readiness:
    """Asks the database and the object store. Prefect is no part of it: the ledger waits."""
    found = await asyncio.gather(
        _missing("catalog", services.check_catalog()),
        _missing("object_store", services.check_store()),
    )
    missing = {name: reason for name, reason in found if reason}
    response.status_code = 503 if missing else 200
    return Readiness(is_ready=not missing, missing=missing)


async def _missing(name: str, check: Coroutine[Any, Any, None]) -> tuple[str, str]:
    # Not waited for once it is given up: to call off a query takes a database that hangs for long.
    task = asyncio.create_task(check)
    await asyncio.wait([task], timeout=_PATIENCE_S)
    if not task.done():
        task.cancel()
        task.add_done_callback(lambda late: late.cancelled() or late.exception())
        return name, "It does not answer."
    error = task.exception()
    if error is None:
        return name, ""
    if isinstance(error, CaptionAccError):
        return name, problem_of(error).detail
    raise error


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses=problem_responses(403, 503)
    | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def get_metrics(services: CurrentServices) -> Response:
    """Requests and event streams, the queue, durations by phase, failures, leases, idleness."""
    catalog = services.catalog
    services.metrics.set_activity(services.activity)
    services.metrics.set_catalog(await catalog.runs.counts(), await catalog.measures.standing())
    return Response(services.metrics.render(), media_type=metrics.MEDIA_TYPE)
