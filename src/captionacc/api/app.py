"""The application."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import FastAPI

from captionacc.api.activity import Attendance
from captionacc.api.limits import BodyLimit
from captionacc.api.loopback import OwnHostsOnly, is_loopback
from captionacc.api.observing import Observing
from captionacc.api.openapi import describe, operation_id
from captionacc.api.page import add_page
from captionacc.api.problems import add_problem_handlers
from captionacc.api.reactions import CopyReactions
from captionacc.api.routes import (
    actions,
    captions,
    client_config,
    databases,
    events,
    health,
    internal,
    objects,
    runs,
    session,
    sync,
    tenant,
    uploads,
    videos,
    webhook,
)
from captionacc.api.services import Services

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from captionacc.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The API with these settings; it reaches for the database once it is served.

    Raises:
        MissingDependencyError: a setting that it needs is missing.
        UsageError: a setting cannot work.
    """
    services = Services(settings)
    services.copies.reactions = CopyReactions(services)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with services.running():
            yield

    app = FastAPI(
        lifespan=lifespan,
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
        generate_unique_id_function=operation_id,
    )
    app.state.services = services
    app.openapi = lambda: describe(app)
    for part in (
        health,
        session,
        client_config,
        tenant,
        webhook,
        uploads,
        videos,
        actions,
        captions,
        runs,
        databases,
        sync,
        objects,
        events,
        internal,
    ):
        app.include_router(part.router)
    app.include_router(videos.folders)
    app.include_router(videos.deleted)
    add_page(app, services)
    add_problem_handlers(app)
    _add_middleware(app, services)
    return app


def _add_middleware(app: FastAPI, services: Services) -> None:
    """From the innermost to the outermost."""
    settings = services.settings
    app.add_middleware(BodyLimit)
    if is_loopback(settings.api_host):
        app.add_middleware(OwnHostsOnly, also=urlsplit(settings.api_url or "").hostname)
    app.add_middleware(Observing, metrics=services.metrics)
    app.add_middleware(Attendance, activity=services.activity)
