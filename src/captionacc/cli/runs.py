"""``captionacc runs``: all work that was ever asked for on a video."""

from __future__ import annotations

import typer

from captionacc.cli.options import ApiUrl, AsJson, Video  # noqa: TC001  # Typer reads annotations


def runs(
    video: Video = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,  # noqa: FBT002  # a flag
) -> None:
    """List the runs of a video, the newest first, with state, attempts and errors."""
    from captionacc.cli.listing import run_runs  # noqa: PLC0415  # help appears at once

    raise typer.Exit(run_runs(video, api_url=api_url, as_json=as_json))
