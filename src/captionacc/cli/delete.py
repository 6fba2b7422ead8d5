"""``captionacc delete``: removes a video, which can be had back for a while."""

from __future__ import annotations

from typing import Annotated

import typer

from captionacc.cli.options import ApiUrl, AsJson  # noqa: TC001  # Typer reads annotations


def delete(
    video: Annotated[
        str, typer.Argument(metavar="VIDEO", help="Id, beginning of an id, title or file name.")
    ],
    api_url: ApiUrl = None,
    as_json: AsJson = False,  # noqa: FBT002  # a flag
) -> None:
    """Delete a video and end its work; `captionacc restore` brings it back for a while."""
    from captionacc.cli.lifecycle import run_delete  # noqa: PLC0415  # help appears at once

    raise typer.Exit(run_delete(video, api_url=api_url, as_json=as_json))
