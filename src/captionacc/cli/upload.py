"""``captionacc upload``: video files into the running platform."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # Typer reads annotations at run time
from typing import Annotated

import typer

from captionacc.cli.options import ApiUrl, AsJson, Quiet  # noqa: TC001  # Typer reads annotations


def upload(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Videos to send.", show_default=False)
    ],
    folder: Annotated[str, typer.Option(help="Folder to list them in.")] = "",
    api_url: ApiUrl = None,
    as_json: AsJson = False,  # noqa: FBT002  # a flag
    quiet: Quiet = False,  # noqa: FBT002  # a flag
) -> None:
    """Upload videos and print their ids.

    An interrupted upload goes on where it was when the same command is given again.
    """
    from captionacc.cli.uploading import run_upload  # noqa: PLC0415  # help appears at once

    raise typer.Exit(run_upload(files, folder, api_url=api_url, as_json=as_json, is_quiet=quiet))
