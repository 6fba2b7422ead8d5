"""Serving the API."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import uvicorn

from captionacc.api.app import create_app

if TYPE_CHECKING:
    from captionacc.settings import Settings

_GRACE_S: Final = 5


def serve(settings: Settings) -> None:
    """Answer requests until the process is told to end.

    Raises:
        MissingDependencyError: a setting that it needs is missing.
        UsageError: a setting cannot work.
        SystemExit: the port is taken.
    """
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("botocore").setLevel(logging.WARNING)
    config = uvicorn.Config(
        create_app(settings),
        host=settings.api_host,
        port=settings.api_port,
        timeout_graceful_shutdown=_GRACE_S,
        proxy_headers=False,  # or a client could say that it is on this machine
        server_header=False,
        access_log=False,
        log_config=None,
    )
    uvicorn.Server(config).run()
