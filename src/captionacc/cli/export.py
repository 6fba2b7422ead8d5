"""``captionacc export``: the subtitles of a video."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # Typer reads annotations at run time
from typing import Annotated

import typer

from captionacc.cli.options import (  # noqa: TC001  # Typer reads annotations at run time
    ApiUrl,
    AsJson,
    FormatName,
    Quiet,
    Video,
)


def export(  # noqa: PLR0917  # Typer passes them by name
    video: Video = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="File or folder. Default: stdout.")
    ] = None,
    format_name: Annotated[
        FormatName | None,
        typer.Option("--format", help="Default: by the ending of OUT, else srt."),
    ] = None,
    wait: Annotated[  # noqa: FBT002  # a flag
        bool,
        typer.Option("--wait/--no-wait", help="Wait first until the captions are read."),
    ] = True,
    api_url: ApiUrl = None,
    as_json: AsJson = False,  # noqa: FBT002  # a flag
    quiet: Quiet = False,  # noqa: FBT002  # a flag
) -> None:
    """Write the subtitles of a video, once its captions are read."""
    from captionacc.cli.actions import ExportOptions, run_export  # noqa: PLC0415  # as above

    options = ExportOptions(out, None if format_name is None else format_name.value, wait, as_json)
    raise typer.Exit(run_export(video, options, api_url=api_url, is_quiet=quiet))
