"""Sign-in without a password, for clients on this machine alone."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from pydantic import Field

from captionacc.api.auth import issue_session
from captionacc.api.dependencies import CurrentCatalog, CurrentServices
from captionacc.api.loopback import host_of, is_loopback, is_loopback_origin
from captionacc.api.problems import problem_responses
from captionacc.api.views import View
from captionacc.errors import ForbiddenError

router = APIRouter(prefix="/v1/session", tags=["session"])

_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip")


class Session(View):
    """A token, and for whom it is."""

    access_token: str
    token_type: str = Field(default="bearer", examples=["bearer"])
    expires_at: datetime
    tenant_id: str
    user_id: str


@router.post("", summary="Sign in on this machine", responses=problem_responses(403, 413, 429, 503))
async def create_session(
    request: Request, services: CurrentServices, catalog: CurrentCatalog
) -> Session:
    """A session for whoever is on the same machine, if the installation allows it.

    Refused to other machines, through proxies, and to pages that were loaded from elsewhere.
    """
    services.session_rate.take()
    if not services.settings.has_local_session:
        raise ForbiddenError("This installation has no local sessions.", "Sign in.")
    _check_is_local(request)
    tenant_id, user_id = await catalog.tenants.ensure_local()
    token, expires_at = issue_session(services.settings, user_id, tenant_id)
    return Session(access_token=token, expires_at=expires_at, tenant_id=tenant_id, user_id=user_id)


def _check_is_local(request: Request) -> None:
    """Whether this machine asks, and no page of another one through its browser.

    Raises:
        ForbiddenError: it cannot be told, or it is not so.
    """
    origin = request.headers.get("origin")
    is_local = (
        is_loopback(request.client.host if request.client else None)
        and is_loopback(host_of(request.headers.get("host", "")))
        and not any(name in request.headers for name in _FORWARDED)
        and (origin is None or is_loopback_origin(origin))
        and request.headers.get("sec-fetch-site", "none") != "cross-site"
    )
    if not is_local:
        raise ForbiddenError("Local sessions are for this machine alone.", "Sign in.")
