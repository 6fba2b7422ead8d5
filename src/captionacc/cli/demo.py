"""``captionacc demo``: a sample clip, rendered here, from pixels to subtitles."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the subtitles.")] = False,  # noqa: ARG001, FBT002  # it always ends there
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Show no progress.")] = False,  # noqa: FBT002  # a flag
) -> None:
    """Render a sample clip, read its captions and compare them with what was written."""
    # The pipeline's libraries load only when there is work, so that help appears at once.
    from captionacc.cli.demonstration import run_demo  # noqa: PLC0415

    raise typer.Exit(run_demo(is_quiet=quiet))
