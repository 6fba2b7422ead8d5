"""``captionacc migrate``: brings a database to the newest schema."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from captionacc.catalog.migrate import WebhookTarget

_WEBHOOK_PATH = "/v1/webhooks/supabase"


def migrate(
    webhook_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where the database tells of new videos; else the API of the settings.",
        ),
    ] = None,
    embedded: Annotated[  # noqa: FBT002  # a flag
        bool, typer.Option("--embedded", help="Also add what Supabase brings itself.")
    ] = False,
) -> None:
    """Bring the database of CAPTIONACC_DATABASE_URL to the newest schema.

    Safe to run twice and at once. Exit codes: 0 done, 1 failed, 2 wrong usage, 5 a setting is
    missing.
    """
    # Postgres is no part of what `process` needs.
    from captionacc.catalog.migrate import migrate as bring_up_to_date  # noqa: PLC0415
    from captionacc.settings import require  # noqa: PLC0415

    database_url = require("database_url")
    webhook = _webhook(webhook_url)
    applied = asyncio.run(bring_up_to_date(database_url, webhook=webhook, embedded=embedded))
    for version in applied:
        typer.echo(f"applied {version}")
    if not applied:
        typer.echo("The database is up to date.")
    typer.echo(f"New videos are told to {webhook.url}." if webhook else "No webhook was set.")


def _webhook(url: str | None) -> WebhookTarget | None:
    """The option's, else that of the API in the settings, else none.

    Raises:
        MissingDependencyError: there is an address but no secret.
        UsageError: it is no address.
    """
    from captionacc.catalog.migrate import WebhookTarget  # noqa: PLC0415  # as above
    from captionacc.errors import UsageError  # noqa: PLC0415
    from captionacc.settings import get_settings, require  # noqa: PLC0415

    api_url = get_settings().api_url
    if url is None and api_url is not None:
        url = api_url.rstrip("/") + _WEBHOOK_PATH
    if url is None:
        return None
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"{url!r} is no address.", "Give one that begins with https://.")
    return WebhookTarget(url, require("webhook_secret"))
