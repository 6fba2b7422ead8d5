"""``captionacc retry``: does again what has failed."""

from __future__ import annotations

import typer

from captionacc.cli.options import ApiUrl, AsJson, Video  # noqa: TC001  # Typer reads annotations


def retry(
    video: Video = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,  # noqa: FBT002  # a flag
) -> None:
    """Start the last failed work on a video again, and print the run's id."""
    from captionacc.cli.actions import run_retry  # noqa: PLC0415  # help appears at once

    raise typer.Exit(run_retry(video, api_url=api_url, as_json=as_json))
