"""``captionacc pause`` and ``captionacc resume``: whether queued work begins."""

from __future__ import annotations

from typing import Annotated

import typer

from captionacc.cli.options import ApiUrl, AsJson  # noqa: TC001  # Typer reads annotations


def pause(
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Shown beside whatever waits.")
    ] = None,
    api_url: ApiUrl = None,
    as_json: AsJson = False,  # noqa: FBT002  # a flag
) -> None:
    """Let no queued work begin until `captionacc resume`; what is under way goes on."""
    from captionacc.cli.lifecycle import run_pause  # noqa: PLC0415  # help appears at once

    raise typer.Exit(run_pause(reason, api_url=api_url, as_json=as_json))


def resume(
    api_url: ApiUrl = None,
    as_json: AsJson = False,  # noqa: FBT002  # a flag
) -> None:
    """Let queued work begin again, and print what else holds it, if anything does."""
    from captionacc.cli.lifecycle import run_resume  # noqa: PLC0415  # help appears at once

    raise typer.Exit(run_resume(api_url=api_url, as_json=as_json))
