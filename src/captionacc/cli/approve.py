"""``captionacc approve``: says that the captions are where they were found, or where else."""

from __future__ import annotations

from typing import Annotated

import typer

from captionacc.cli.options import (  # noqa: TC001  # Typer reads annotations at run time
    ApiUrl,
    AsJson,
    Crop,
    Quiet,
    Video,
)


def approve(  # noqa: PLR0917  # Typer passes them by name
    video: Video = None,
    crop: Crop = None,
    wait: Annotated[  # noqa: FBT002  # a flag
        bool, typer.Option("--wait", help="Until the captions are read.")
    ] = False,
    api_url: ApiUrl = None,
    as_json: AsJson = False,  # noqa: FBT002  # a flag
    quiet: Quiet = False,  # noqa: FBT002  # a flag
) -> None:
    """Approve the layout of a video, so that its captions are cut and read.

    Another region than before makes a new version; what a person confirmed stays.
    """
    from captionacc.cli.actions import run_approve  # noqa: PLC0415  # help appears at once

    raise typer.Exit(
        run_approve(video, crop, wait=wait, api_url=api_url, as_json=as_json, is_quiet=quiet)
    )
