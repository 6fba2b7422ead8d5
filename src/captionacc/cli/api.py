"""``captionacc api``: serves the HTTP API."""

from __future__ import annotations

from typing import Annotated

import typer


def api(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on.", show_default=False)
    ] = None,
) -> None:
    """Serve the HTTP API alone, until it is stopped.

    Exit codes: 0 stopped, 1 failed, 2 wrong usage, 5 something is missing.
    """
    from captionacc.api.server import serve  # noqa: PLC0415  # takes a second to import
    from captionacc.settings import get_settings  # noqa: PLC0415  # as above

    settings = get_settings()
    serve(settings if port is None else settings.model_copy(update={"api_port": port}))
