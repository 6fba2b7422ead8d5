"""Why a tenant's queue stands still: pauses by members, the operator or a full disk, and quotas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  # pydantic reads fields at run time
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from pydantic import TypeAdapter

from captionacc.catalog.queries import load
from captionacc.errors import NotFoundError
from captionacc.model.runs import FlowName, RunState

if TYPE_CHECKING:
    from captionacc.catalog.database import Database
    from captionacc.model.ids import TenantId
    from captionacc.model.runs import Run

_SQL = load("tenants")
_FIRST_FLOW: Final = FlowName.VIDEO_INITIAL_PROCESSING


class HoldKind(StrEnum):
    """Who or what holds the queue."""

    MEMBER = "member"
    OPERATOR = "operator"
    DISK = "disk"
    QUOTA = "quota"


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason; ``since`` is ``None`` where nobody noted it."""

    kind: HoldKind
    reason: str
    since: datetime | None = None

    def holds(self, run: Run) -> bool:
        """Whether ``run`` may not start because of it."""
        is_concerned = self.kind is not HoldKind.QUOTA or run.flow is _FIRST_FLOW
        return is_concerned and run.state is RunState.QUEUED


@dataclass(frozen=True, slots=True)
class Quota:
    """What a tenant may have processed each month (UTC), and what it has had this month.

    Attributes:
        videos_per_month: None if unlimited.
        minutes_per_month: Of video; none if unlimited.
        is_over: Whether the next video has to wait until the month ends.
        until: The month's end.
    """

    videos_per_month: int | None
    minutes_per_month: int | None
    is_over: bool
    videos: int
    minutes: float
    until: datetime

    @property
    def hold(self) -> Hold | None:
        """Why new videos wait, if they do."""
        if not self.is_over:
            return None
        limits = (("videos", self.videos_per_month), ("minutes of video", self.minutes_per_month))
        allowed = ", ".join(f"{what}: {most}" for what, most in limits if most is not None)
        until = f"new videos wait until {self.until:%d %B}"
        return Hold(HoldKind.QUOTA, f"The month's quota ({allowed}) is used up; {until}.")


_HOLD: Final = TypeAdapter(Hold)
_QUOTA: Final = TypeAdapter(Quota)


class Holds:
    """``pauses``, and the quotas in ``tenants``. All methods raise ``CatalogError``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def of_tenant(self, tenant_id: TenantId) -> list[Hold]:
        """Why runs of the tenant wait, the gravest first; a quota holds only new videos.

        Raises:
            NotFoundError: there is no such tenant.
        """
        rows = await self._db.all(_SQL["pauses"], tenant_id=tenant_id)
        pauses = [_HOLD.validate_python(row) for row in rows]
        over = (await self.quota(tenant_id)).hold
        return pauses if over is None else [*pauses, over]

    async def quota(self, tenant_id: TenantId) -> Quota:
        """What the tenant may have, and has had.

        Raises:
            NotFoundError: there is no such tenant.
        """
        row = await self._db.one(_SQL["quota"], tenant_id=tenant_id)
        if row is None:
            raise NotFoundError(f"There is no tenant {tenant_id}.")
        return _QUOTA.validate_python(row)

    async def pause(self, tenant_id: TenantId, reason: str) -> None:
        """A member has the tenant's queue stand still; again, with another reason.

        Raises:
            UsageError: the reason is empty or longer than 500 characters.
            NotFoundError: there is no such tenant.
        """
        await self._db.run(_SQL["pause"], tenant_id=tenant_id, kind=HoldKind.MEMBER, reason=reason)

    async def resume(self, tenant_id: TenantId) -> None:
        """The members' pause is over; nothing happens if there is none."""
        await self._db.run(_SQL["resume"], tenant_id=tenant_id, kind=HoldKind.MEMBER)

    async def pause_waiting(self, kind: Literal[HoldKind.DISK], reason: str) -> None:
        """Have all tenants that wait for something know why nothing starts."""
        await self._db.run(_SQL["pause_waiting"], kind=kind, reason=reason)

    async def resume_all(self, kind: Literal[HoldKind.DISK]) -> int:
        """What held them is over; returns how many tenants it had held."""
        return await self._db.run(_SQL["resume_all"], kind=kind)
