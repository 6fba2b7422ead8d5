"""``captionacc process``: subtitles for video files, with no service and no account."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003  # Typer reads annotations at run time
from typing import Annotated

import typer

from captionacc.cli.options import FormatName  # noqa: TC001  # Typer reads annotations at run time


class EngineName(StrEnum):
    """OCR engines."""

    RAPIDOCR = "rapidocr"
    TESSERACT = "tesseract"


def process(  # noqa: PLR0917  # Typer passes them by name
    videos: Annotated[
        list[Path], typer.Argument(metavar="VIDEO...", help="Files to read.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            help="File or folder for the subtitles, - for stdout. Default: beside the video.",
        ),
    ] = None,
    format_name: Annotated[
        FormatName | None,
        typer.Option("--format", help="Default: by the ending of OUT, else srt."),
    ] = None,
    crop: Annotated[
        str | None,
        typer.Option(
            metavar="L,T,R,B",
            help="Where the captions are, as fractions of the frame. Default: found.",
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="Keep frames, crops and databases in this folder.", metavar="DIR"),
    ] = None,
    engine: Annotated[
        EngineName | None, typer.Option(help="What reads the text. Default: rapidocr.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="The captions' language, such as en, zh or ru.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, max=512, help="Cores to use. Default: all.")
    ] = None,
    as_json: Annotated[  # noqa: FBT002  # a flag
        bool, typer.Option("--json", help="Print one JSON object for each video on stdout.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Show no progress.")] = False,  # noqa: FBT002  # a flag
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,  # noqa: FBT002  # a flag
) -> None:
    """Write subtitles for videos with burned-in captions.

    An interrupted run goes on where it was when the same command is given again.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not readable as video, 4 no caption found,
    5 something is missing, 130 interrupted.
    """
    # The pipeline's libraries load only when there is work, so that help appears at once.
    from captionacc.cli.batch import BatchOptions, process_batch  # noqa: PLC0415

    options = BatchOptions(
        videos=tuple(videos),
        out=out,
        format_name=None if format_name is None else format_name.value,
        crop=crop,
        keep=keep,
        engine=None if engine is None else engine.value,
        language=language,
        threads=threads,
        as_json=as_json,
        is_quiet=quiet,
        is_debug=debug,
    )
    raise typer.Exit(process_batch(options))
