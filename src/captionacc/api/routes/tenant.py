"""The tenant: what it may have processed, and whether its queue stands still."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import Field, StringConstraints

from captionacc.api.dependencies import CurrentCatalog, CurrentMember
from captionacc.api.fields import Request
from captionacc.api.problems import problem_responses
from captionacc.api.views import View
from captionacc.catalog.holds import HoldKind
from captionacc.errors import ForbiddenError

router = APIRouter(prefix="/v1/tenant", tags=["tenant"])

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Pause(Request):
    """Why nothing is to be begun."""

    reason: Reason = "A member has paused the queue."


class HoldView(View):
    """Why queued work waits."""

    kind: HoldKind = Field(
        description="`member` and `operator` paused it, the `disk` is full, or the month's `quota`"
        " is used up, which holds new videos only."
    )
    reason: str = Field(description="For a person.")
    since: datetime | None


class QuotaView(View):
    """What may be processed each month, and what was; null stands for any amount."""

    videos_per_month: int | None
    minutes_per_month: int | None
    videos: int
    minutes: float
    is_over: bool
    until: datetime = Field(description="When the month ends, in UTC.")


class TenantView(View):
    """A tenant, as its members see it."""

    id: str
    name: str
    holds: tuple[HoldView, ...] = Field(description="Why queued work waits; empty if it does not.")
    quota: QuotaView


@router.get("", summary="The tenant", responses=problem_responses(401, 403, 503))
async def get_tenant(member: CurrentMember, catalog: CurrentCatalog) -> TenantView:
    """Whether its queue moves, and if not, why."""
    tenant = await catalog.tenants.get(member.tenant_id)
    holds = await catalog.holds.of_tenant(member.tenant_id)
    return TenantView(
        id=tenant.id,
        name=tenant.name,
        holds=tuple(map(HoldView.model_validate, holds)),
        quota=QuotaView.model_validate(await catalog.holds.quota(member.tenant_id)),
    )


@router.post(
    "/actions/pause",
    summary="Begin no more work",
    responses=problem_responses(401, 403, 413, 422, 503),
)
async def pause_tenant(
    member: CurrentMember, catalog: CurrentCatalog, body: Annotated[Pause | None, Body()] = None
) -> TenantView:
    """What is under way goes on, what is queued waits until `resume`."""
    reason = (body or Pause()).reason
    async with catalog.transaction() as tx:
        await tx.holds.pause(member.tenant_id, reason)
        await tx.audit.record(member.tenant_id, member.user_id, "pause", detail={"reason": reason})
    return await get_tenant(member, catalog)


@router.post(
    "/actions/resume",
    summary="Go on with the work",
    responses=problem_responses(401, 403, 413, 503),
)
async def resume_tenant(member: CurrentMember, catalog: CurrentCatalog) -> TenantView:
    """Ends a member's pause; nothing changes if there is none. 403 for one of the operator."""
    tenant = await catalog.tenants.get(member.tenant_id)
    if tenant.paused_reason is not None:
        raise ForbiddenError(f"The operator has paused this tenant: {tenant.paused_reason}")
    async with catalog.transaction() as tx:
        await tx.holds.resume(member.tenant_id)
        await tx.audit.record(member.tenant_id, member.user_id, "resume")
    return await get_tenant(member, catalog)
