"""``captionacc cancel``: ends all work on a video."""

from __future__ import annotations

import typer

from captionacc.cli.options import ApiUrl, AsJson, Video  # noqa: TC001  # Typer reads annotations


def cancel(
    video: Video = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,  # noqa: FBT002  # a flag
) -> None:
    """Cancel all work on a video, and print the runs' ids; `captionacc retry` does it after all."""
    from captionacc.cli.lifecycle import run_cancel  # noqa: PLC0415  # help appears at once

    raise typer.Exit(run_cancel(video, api_url=api_url, as_json=as_json))
