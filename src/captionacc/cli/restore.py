"""``captionacc restore``: brings a deleted video back."""

from __future__ import annotations

import typer

from captionacc.cli.options import ApiUrl, AsJson, Video  # noqa: TC001  # Typer reads annotations


def restore(
    video: Video = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,  # noqa: FBT002  # a flag
) -> None:
    """Have a deleted video back, the last one by default, with the work that was cancelled."""
    from captionacc.cli.lifecycle import run_restore  # noqa: PLC0415  # help appears at once

    raise typer.Exit(run_restore(video, api_url=api_url, as_json=as_json))
