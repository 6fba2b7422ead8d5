"""``captionacc restart``: ends a service that hangs, so that ``captionacc up`` starts it again."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class ServiceName(StrEnum):
    """What ``captionacc up`` keeps running."""

    POSTGRES = "postgres"
    OBJECT_STORE = "object-store"
    PREFECT = "prefect"
    API = "api"
    WORKER = "worker"


def restart(
    service: Annotated[ServiceName, typer.Argument(help="Which one.", metavar="SERVICE")],
) -> None:
    """End a service of the running stack, by force if it hangs, and wait until it is back.

    SERVICE is postgres, object-store, prefect, api or worker. What was under way goes on then.
    """
    from captionacc.cli.restarting import run_restart  # noqa: PLC0415  # help appears at once

    raise typer.Exit(run_restart(service))
