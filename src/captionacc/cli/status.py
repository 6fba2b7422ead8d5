"""``captionacc status``: which videos there are, and where each one stands."""

from __future__ import annotations

from typing import Annotated

import typer

from captionacc.cli.options import ApiUrl, AsJson  # noqa: TC001  # Typer reads annotations


def status(
    video: Annotated[
        str | None,
        typer.Argument(
            metavar="[VIDEO]",
            help="Id, beginning of an id, title or file name. Default: all.",
            show_default=False,
        ),
    ] = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,  # noqa: FBT002  # a flag
) -> None:
    """Show where a video stands, or list all of them, the newest first."""
    from captionacc.cli.listing import run_status  # noqa: PLC0415  # help appears at once

    raise typer.Exit(run_status(video, api_url=api_url, as_json=as_json))
