"""``captionacc doctor``: what this machine has and what is missing."""

from __future__ import annotations

from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,  # noqa: FBT002  # a flag
) -> None:
    """Show versions, models, engines, threads and free disk space.

    Exit code 5 if something that every video needs is missing.
    """
    # The libraries under examination load only now, so that help appears at once.
    from captionacc.cli.diagnosis import run_doctor  # noqa: PLC0415

    raise typer.Exit(run_doctor(as_json=as_json))
