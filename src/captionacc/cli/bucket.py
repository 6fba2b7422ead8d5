"""``captionacc bucket``: sets the bucket up as ``deploy/s3/`` has it."""

from __future__ import annotations

from typing import Annotated

import typer

from captionacc.cli.options import AsJson  # noqa: TC001  # Typer reads the annotation at run time


def bucket(
    origin: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where the page is served. Default: CAPTIONACC_API_URL.",
            show_default=False,
        ),
    ] = None,
    verify: Annotated[  # noqa: FBT002  # a flag
        bool, typer.Option("--verify", help="Change nothing, and say what differs.")
    ] = False,
    as_json: AsJson = False,  # noqa: FBT002  # a flag
) -> None:
    """Make the bucket of the settings, and set CORS, versioning, lifecycle and policy.

    Needs a key that may administer the bucket. Exit codes: 0 done, 1 something differs (--verify)
    or the store refuses, 5 a setting is missing.
    """
    # The object store's library takes its time to load.
    from captionacc.cli.bucket_setup import run_bucket  # noqa: PLC0415

    raise typer.Exit(run_bucket(origin, verify=verify, as_json=as_json))
