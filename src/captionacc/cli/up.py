"""``captionacc up``: the whole platform on this machine."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # Typer reads the annotation at run time
from typing import Annotated

import typer

from captionacc.cli.options import AsJson  # noqa: TC001  # as above


def up(
    data_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where everything is kept. Default: CAPTIONACC_DATA_DIR.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="Port of the API. Default: CAPTIONACC_API_PORT.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002  # a flag
) -> None:
    """Start everything on this machine, and keep it running until Ctrl-C.

    With CAPTIONACC_IDLE_EXIT_S it ends itself when it has not been of use for so many seconds.

    With --json one object is printed once all is ready. Exit codes: 0 stopped, 1 failed, 2 wrong
    usage, a port is taken or the folder is in use, 5 something is missing.
    """
    try:
        # Postgres and the like are no part of what `process` needs.
        from captionacc.cli.standing import keep_up  # noqa: PLC0415

        keep_up(data_dir=data_dir, port=port, as_json=as_json)
    except KeyboardInterrupt:
        pass  # that is how it ends
