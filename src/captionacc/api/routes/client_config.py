"""What the web page has to know before anybody signs in."""

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from captionacc.api.dependencies import CurrentServices
from captionacc.api.views import View
from captionacc.settings import Settings

router = APIRouter(prefix="/v1/client-config", tags=["session"])


class SupabaseProject(View):
    """Where people sign in; both values are public."""

    url: str
    anon_key: str


class ClientConfig(View):
    """How this installation signs people in, and what it takes."""

    sign_in: Literal["local", "supabase", "none"] = Field(
        description="`local`: `POST /v1/session`, on the same machine; `none`: by other means."
    )
    supabase: SupabaseProject | None
    max_upload_bytes: int


@router.get("", summary="How to sign in")
async def get_client_config(services: CurrentServices) -> ClientConfig:
    """Public, since it is asked for before anybody is known."""
    settings = services.settings
    project = _project(settings)
    return ClientConfig(
        sign_in=_sign_in(settings, project),
        supabase=project,
        max_upload_bytes=settings.max_upload_bytes,
    )


def _project(settings: Settings) -> SupabaseProject | None:
    if settings.supabase_url is None or settings.supabase_anon_key is None:
        return None
    return SupabaseProject(url=settings.supabase_url, anon_key=settings.supabase_anon_key)


def _sign_in(
    settings: Settings, project: SupabaseProject | None
) -> Literal["local", "supabase", "none"]:
    if project is not None:
        return "supabase"
    return "local" if settings.has_local_session else "none"
