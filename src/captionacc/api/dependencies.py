"""What routes ask for, as annotations of their parameters.

``CurrentMember`` needs a user's token, ``OwnVideo`` also that the video in the path is the
tenant's; ``ServiceToken`` is for ``dependencies=`` of internal routes.
"""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from captionacc.api.auth import Member, is_same_secret
from captionacc.api.captions_store import CaptionsStore
from captionacc.api.members import member_of
from captionacc.api.services import Services
from captionacc.catalog.pool import Catalog
from captionacc.errors import ForbiddenError, UnauthenticatedError
from captionacc.logs import set_about
from captionacc.model.ids import VideoId
from captionacc.model.videos import Video

_LOOKING = frozenset({"GET", "HEAD"})

_user_token = HTTPBearer(
    auto_error=False,
    scheme_name="userToken",
    bearerFormat="JWT",
    description="A Supabase user's access token, or that of a local session.",
)
_service_token = HTTPBearer(
    auto_error=False, scheme_name="serviceToken", description="What flows prove themselves with."
)


def get_services(request: Request) -> Services:
    """The application's services."""
    return request.app.state.services


CurrentServices = Annotated[Services, Depends(get_services)]


def get_catalog(services: CurrentServices) -> Catalog:
    """The catalog; 503 until it is connected."""
    return services.catalog


CurrentCatalog = Annotated[Catalog, Depends(get_catalog)]


def get_captions(services: CurrentServices) -> CaptionsStore:
    """The captions of videos; 503 until the catalog is connected."""
    return CaptionsStore(services.catalog, services.store, services.copies)


CurrentCaptions = Annotated[CaptionsStore, Depends(get_captions)]


async def get_member(
    request: Request,
    services: CurrentServices,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_user_token)],
) -> Member:
    """Who asks, by the verified token; the tenant is in it, else in the user's profile.

    Raises:
        UnauthenticatedError: there is no valid token.
        ForbiddenError: the user belongs to no tenant, or may only look.
    """
    if credentials is None:
        raise UnauthenticatedError("The request carries no token.", "Sign in.")
    member = await member_of(services, credentials.credentials)
    set_about(tenant_id=member.tenant_id)
    if request.method not in _LOOKING and await services.catalog.tenants.is_viewer(member.user_id):
        raise ForbiddenError("This account may look, and change nothing.", "Ask an owner to edit.")
    return member


CurrentMember = Annotated[Member, Depends(get_member)]


async def get_own_video(video_id: UUID, member: CurrentMember, catalog: CurrentCatalog) -> Video:
    """The video in the path, if it is the tenant's and not deleted.

    Raises:
        NotFoundError: there is none.
    """
    set_about(video_id=str(video_id))
    return await catalog.videos.get(VideoId(str(video_id)), member.tenant_id)


OwnVideo = Annotated[Video, Depends(get_own_video)]


def check_service_token(
    services: CurrentServices,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_service_token)],
) -> None:
    """Whether a flow asks.

    Raises:
        UnauthenticatedError: it cannot prove that it is one.
    """
    given = "" if credentials is None else credentials.credentials
    if not is_same_secret(given, services.secrets.service_token):
        raise UnauthenticatedError("The request carries no valid service token.")


ServiceToken = Depends(check_service_token)
