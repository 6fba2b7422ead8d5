"""``captionacc worker``: runs flows."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer


def worker(
    register_only: Annotated[  # noqa: FBT002  # a flag
        bool, typer.Option("--register-only", help="Register the deployments, and end.")
    ] = False,
    pool: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --register-only: a work pool of stock process workers to register in.",
        ),
    ] = None,
) -> None:
    """Run what the ledger has queued, until it is stopped; runs under way then go on later.

    Exit codes: 0 stopped, 1 failed, 2 wrong usage, 5 something is missing.
    """
    # Prefect takes a second to import, and reads its settings then.
    from captionacc.errors import UsageError  # noqa: PLC0415
    from captionacc.settings import get_settings, require  # noqa: PLC0415
    from captionacc.worker.environment import configure_prefect  # noqa: PLC0415

    if pool is not None and not register_only:
        raise UsageError("A worker serves no other pool than its own.", "Add --register-only.")
    require("prefect_api_url")
    configure_prefect(get_settings())
    if register_only:
        _register(pool)
    else:
        from captionacc.worker.main import run_worker  # noqa: PLC0415  # as above

        asyncio.run(run_worker())


def _register(pool: str | None) -> None:
    from captionacc.worker.deployments import register  # noqa: PLC0415  # as above

    for name in asyncio.run(register(pool)):
        typer.echo(name)
