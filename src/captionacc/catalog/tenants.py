"""Tenants, and who is a member of which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  # pydantic reads fields at run time
from typing import TYPE_CHECKING, Final, Literal

from pydantic import TypeAdapter

from captionacc.catalog.queries import load
from captionacc.errors import NotFoundError
from captionacc.model.ids import TenantId, UserId

if TYPE_CHECKING:
    from captionacc.catalog.database import Database

LOCAL_TENANT: Final = TenantId("00000000-0000-4000-8000-000000000001")
LOCAL_USER: Final = UserId("00000000-0000-4000-8000-000000000002")
"""The one user of a machine without accounts, the same on every machine."""

_SQL = load("tenants")


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who owns videos.

    Attributes:
        priority: Added to that of each run; -100 to 100.
        storage_quota_bytes: None if unlimited.
        paused_reason: Why no run of it may start; ``None`` if they may.
    """

    id: TenantId
    name: str
    priority: int
    storage_quota_bytes: int | None
    paused_reason: str | None
    created_at: datetime


_TENANT: Final = TypeAdapter(Tenant)


class Tenants:
    """``tenants`` and ``profiles``. All methods raise ``CatalogError``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def create(self, name: str) -> Tenant:
        """Add a tenant.

        Raises:
            UsageError: the name is empty or longer than 200 characters.
        """
        return _TENANT.validate_python((await self._db.all(_SQL["create"], name=name))[0])

    async def add_member(
        self,
        tenant_id: TenantId,
        user_id: UserId,
        role: Literal["owner", "editor", "viewer"] = "editor",
    ) -> None:
        """Make a user a member.

        Raises:
            ConflictError: the user is a member of some tenant already.
            NotFoundError: there is no such tenant.
        """
        await self._db.run(_SQL["add_member"], tenant_id=tenant_id, user_id=user_id, role=role)

    async def get(self, tenant_id: TenantId) -> Tenant:
        """The tenant.

        Raises:
            NotFoundError: there is no such tenant.
        """
        row = await self._db.one(_SQL["get"], tenant_id=tenant_id)
        if row is None:
            raise NotFoundError(f"There is no tenant {tenant_id}.")
        return _TENANT.validate_python(row)

    async def of_user(self, user_id: UserId) -> Tenant | None:
        """The tenant that the user is a member of."""
        row = await self._db.one(_SQL["of_user"], user_id=user_id)
        return None if row is None else _TENANT.validate_python(row)

    async def is_viewer(self, user_id: UserId) -> bool:
        """Whether the user may only look, in the tenant that it is a member of."""
        return await self._db.one(_SQL["is_viewer"], user_id=user_id) is not None

    async def storage_left(self, tenant_id: TenantId) -> int | None:
        """Bytes that the tenant may still upload, below zero if it has too much; ``None``: any.

        Raises:
            NotFoundError: there is no such tenant.
        """
        row = await self._db.one(_SQL["storage_left"], tenant_id=tenant_id)
        if row is None:
            raise NotFoundError(f"There is no tenant {tenant_id}.")
        return None if row["bytes"] is None else int(row["bytes"])

    async def ensure_local(self) -> tuple[TenantId, UserId]:
        """The tenant and the user of a machine without accounts, made if need be."""
        await self._db.run(
            _SQL["ensure"], tenant_id=LOCAL_TENANT, user_id=LOCAL_USER, name="this machine"
        )
        return LOCAL_TENANT, LOCAL_USER
