"""Who belongs to which tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captionacc.api.auth import Member
from captionacc.errors import ForbiddenError

if TYPE_CHECKING:
    from captionacc.api.services import Services
    from captionacc.catalog.pool import Catalog
    from captionacc.model.ids import TenantId, UserId


async def member_of(services: Services, token: str) -> Member:
    """Whose token it is, and for which tenant: the one in it, else that of the user's profile.

    Raises:
        UnauthenticatedError: it is not valid.
        ForbiddenError: the user belongs to no tenant.
    """
    claims = await services.verifier.verify(token)
    tenant_id = claims.tenant_id or await _tenant_of(services.catalog, claims.user_id)
    return Member(claims.user_id, tenant_id, claims.expires_at)


async def _tenant_of(catalog: Catalog, user_id: UserId) -> TenantId:
    tenant = await catalog.tenants.of_user(user_id)
    if tenant is None:
        raise ForbiddenError("This account belongs to no tenant.", "Ask to be invited to one.")
    return tenant.id
