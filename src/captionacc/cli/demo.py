"""``captionacc demo``: a sample clip, rendered here, through the whole platform."""

from __future__ import annotations

from typing import Annotated

import typer

from captionacc.cli.options import Quiet  # noqa: TC001  # Typer reads annotations at run time


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the subtitles.")] = False,  # noqa: FBT002  # a flag
    quiet: Quiet = False,  # noqa: FBT002  # a flag
) -> None:
    """Bring everything up, take a rendered clip through it, and show its captions.

    Without --once all services then stay until Ctrl-C, to be looked at.
    """
    # The services' libraries load only when there is work, so that help appears at once.
    from captionacc.cli.demonstration import run_demo  # noqa: PLC0415

    raise typer.Exit(run_demo(once=once, is_quiet=quiet))
