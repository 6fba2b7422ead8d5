"""Options and arguments that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class FormatName(StrEnum):
    """Subtitle formats."""

    SRT = "srt"
    VTT = "vtt"
    ASS = "ass"
    TXT = "txt"
    JSON = "json"


Video = Annotated[
    str | None,
    typer.Argument(
        metavar="[VIDEO]",
        help="Id, beginning of an id, title or file name. Default: the newest.",
        show_default=False,
    ),
]
ApiUrl = Annotated[
    str | None,
    typer.Option("--api-url", metavar="URL", help="Where the API is. Default: the running stack."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Show no progress.")]
Crop = Annotated[
    str | None,
    typer.Option(
        metavar="L,T,R,B",
        help="Where the captions are, as fractions of the frame. Default: found.",
    ),
]
