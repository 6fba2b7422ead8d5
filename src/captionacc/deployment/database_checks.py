"""Is the database there, migrated and closed to strangers, and does it tell of what happens?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from captionacc.catalog.deployment import hears_notifications
from captionacc.deployment.findings import Check, WrongError

if TYPE_CHECKING:
    from captionacc.deployment.context import Context

MIGRATE: Final = "Run: .venv/bin/captionacc migrate"
WEBHOOK_PATH: Final = "/v1/webhooks/supabase"
_SECRET_HEADER: Final = "X-Webhook-Secret"  # noqa: S105  # the header's name


async def _is_reachable(context: Context) -> str:
    async with context.catalog() as catalog:
        await catalog.check()
    return "It answers."


async def _has_sessions(context: Context) -> str:
    if await hears_notifications(context.database_url):
        return "A connection hears what it listens to."
    raise WrongError(
        "A connection never hears NOTIFY: the address is that of a transaction pooler.",
        "Set CAPTIONACC_DATABASE_URL to the session pooler (port 5432) or the direct connection.",
    )


async def _is_migrated(context: Context) -> str:
    async with context.catalog() as catalog:
        missing = await catalog.deployment.missing_migrations()
    if missing:
        raise WrongError(f"These migrations are missing: {', '.join(missing)}.", MIGRATE)
    return "All migrations are applied."


async def _is_closed(context: Context) -> str:
    async with context.catalog() as catalog:
        tables = await catalog.deployment.open_tables()
    if tables:
        statements = " ".join(
            f"alter table captionacc.{name} enable row level security;" for name in tables
        )
        raise WrongError(
            f"Anybody with a token sees all of {', '.join(tables)}.", f"Execute: {statements}"
        )
    return "Row-level security is on for every table."


async def _is_published(context: Context) -> str:
    async with context.catalog() as catalog:
        tables = await catalog.deployment.unpublished_tables()
    if tables:
        listed = ", ".join(f"captionacc.{name}" for name in tables)
        raise WrongError(
            f"Realtime does not tell of changes of {listed}.",
            f"Execute: alter publication supabase_realtime add table {listed};",
        )
    return "Realtime tells of videos and runs."


async def _has_webhook(context: Context) -> str:
    expected = context.api_url + WEBHOOK_PATH
    async with context.catalog() as catalog:
        webhook = await catalog.deployment.webhook()
    if webhook is None:
        raise WrongError("New videos are told to nobody.", MIGRATE)
    if webhook.url != expected:
        raise WrongError(f"New videos are told to {webhook.url} and not to {expected}.", MIGRATE)
    return f"New videos are told to {expected}."


async def _has_right_secret(context: Context) -> str:
    async with context.catalog() as catalog:
        webhook = await catalog.deployment.webhook()
    sent = "" if webhook is None else str(json.loads(webhook.headers).get(_SECRET_HEADER, ""))
    known = context.settings.webhook_secret
    if known is None or sent != known.get_secret_value():
        raise WrongError(
            "The webhook's secret is not CAPTIONACC_WEBHOOK_SECRET, so the API refuses it.",
            MIGRATE,
        )
    return "The API will know the webhook by its secret."


async def _welcomes(context: Context) -> str:
    async with context.catalog() as catalog:
        if await catalog.deployment.has_sign_up_trigger():
            return "Whoever signs up gets a tenant, or joins the one that invited."
    raise WrongError(
        "Whoever signs up belongs to no tenant: auth.users lacks the trigger captionacc_welcome.",
        "Execute: select captionacc.welcome_new_users();",
    )


DATABASE_CHECKS: Final = (
    Check(
        "database",
        _is_reachable,
        "Set CAPTIONACC_DATABASE_URL to the project's session pooler or direct connection.",
        ("settings",),
    ),
    Check("database sessions", _has_sessions, MIGRATE, ("database",)),
    Check("migrations", _is_migrated, MIGRATE, ("database",)),
    Check("row-level security", _is_closed, MIGRATE, ("migrations",)),
    Check("realtime publication", _is_published, MIGRATE, ("migrations",)),
    Check("webhook", _has_webhook, MIGRATE, ("migrations",)),
    Check("webhook secret", _has_right_secret, MIGRATE, ("webhook",)),
    Check("sign-up", _welcomes, MIGRATE, ("migrations",)),
)
