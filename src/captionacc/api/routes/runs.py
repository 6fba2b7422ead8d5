"""Single pieces of work."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from captionacc.api.dependencies import CurrentCatalog, CurrentMember
from captionacc.api.problems import problem_responses
from captionacc.api.views import Accepted, RunView
from captionacc.errors import ConflictError, NotFoundError
from captionacc.logs import set_about
from captionacc.model.ids import RunId
from captionacc.model.runs import Run

router = APIRouter(prefix="/v1/runs/{run_id}", tags=["runs"])


async def _own_run(run_id: UUID, member: CurrentMember, catalog: CurrentCatalog) -> Run:
    run = await catalog.runs.get(RunId(str(run_id)))
    set_about(video_id=run.video_id, run_id=run.id)
    if run.tenant_id != member.tenant_id:
        raise NotFoundError(f"There is no run {run_id}.")
    return run


OwnRun = Annotated[Run, Depends(_own_run)]


@router.get("", summary="A run", responses=problem_responses(401, 403, 404, 422, 503))
async def get_run(run: OwnRun) -> RunView:
    """As the ledger has it now."""
    return RunView.of(run)


@router.post(
    "/actions/cancel",
    status_code=202,
    summary="Cancel a run",
    responses=problem_responses(401, 403, 404, 409, 413, 422, 503),
)
async def cancel_run(run: OwnRun, member: CurrentMember, catalog: CurrentCatalog) -> Accepted:
    """One that waits ends at once, one under way as soon as it notices; 409 if it has ended."""
    asked = await catalog.runs.request_cancel(run.id)
    if asked.cancel_requested_at is None:
        raise ConflictError(f"The run has {asked.state} already.", "There is nothing to cancel.")
    await catalog.audit.record(
        member.tenant_id, member.user_id, "cancel-run", run.video_id, {"run_id": run.id}
    )
    return Accepted(run_id=run.id)
