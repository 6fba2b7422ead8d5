"""``captionacc watch``: the live progress of a video."""

from __future__ import annotations

import typer

from captionacc.cli.options import (  # noqa: TC001  # Typer reads annotations at run time
    ApiUrl,
    AsJson,
    Quiet,
    Video,
)


def watch(
    video: Video = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,  # noqa: FBT002  # a flag
    quiet: Quiet = False,  # noqa: FBT002  # a flag
) -> None:
    """Show the progress of a video until it waits for a person, is ready or has failed.

    With --json each change is an object on a line of its own.

    Exit codes: 0 it waits for a person or is ready, 4 no caption found; else it failed: 3 not
    readable as video, 1 another reason.
    """
    from captionacc.cli.watching import run_watch  # noqa: PLC0415  # help appears at once

    raise typer.Exit(run_watch(video, api_url=api_url, as_json=as_json, is_quiet=quiet))
