"""Serving the API."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import uvicorn

from captionacc.api.app import create_app
from captionacc.api.idle import IdleExit
from captionacc.logs import configure_logging

if TYPE_CHECKING:
    import socket

    from captionacc.settings import Settings

_GRACE_S: Final = 5
_LONGEST_MESSAGE_BYTES: Final = 2 << 20
"""Twice what a sync connection may send, so that it can be told; beyond that it is hung up."""


def serve(settings: Settings) -> None:
    """Answer requests until the process is told to end, or there is nothing to do for long enough.

    Raises:
        MissingDependencyError: a setting that it needs is missing.
        UsageError: a setting cannot work.
        SystemExit: the port is taken.
    """
    configure_logging(settings.log_format)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        ws="websockets-sansio",
        ws_max_size=_LONGEST_MESSAGE_BYTES,
        timeout_graceful_shutdown=_GRACE_S,
        proxy_headers=False,  # or a client could say that it is on this machine
        server_header=False,
        access_log=False,
        log_config=None,
    )
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    idle = None
    if settings.idle_exit_s is not None:
        idle = IdleExit(app.state.services, server, [listening], settings.idle_exit_s)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(server, listening, idle))


async def _serve(server: uvicorn.Server, listening: socket.socket, idle: IdleExit | None) -> None:
    watching = asyncio.create_task(idle.watch()) if idle is not None else None
    await server.serve(sockets=[listening])
    if watching is not None:
        watching.cancel()
