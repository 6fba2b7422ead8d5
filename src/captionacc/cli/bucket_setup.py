"""What ``captionacc bucket`` does."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import typer

from captionacc.errors import UsageError
from captionacc.settings import require
from captionacc.storage.admin import set_up_bucket
from captionacc.storage.bucket_items import BUCKET_ITEMS, applies, difference
from captionacc.storage.location import default_access


def run_bucket(origin: str | None, *, verify: bool, as_json: bool) -> int:
    """Set the bucket up unless ``verify``, then say how each item is; returns the exit code."""
    access, page = default_access(), _origin(origin or require("api_url"))
    if not verify:
        set_up_bucket(access, page)
    items = [item for item in BUCKET_ITEMS if applies(item, access)]
    found = {item.name: difference(item, access, page) for item in items}
    if as_json:
        typer.echo(json.dumps({"bucket": access.bucket, "items": found}))
    else:
        for name, missing in found.items():
            typer.echo(f"{name}: {missing or 'as it should be'}")
    return 1 if any(found.values()) else 0


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise UsageError(f"{url!r} is no address.", "Give one that begins with https://.")
    return f"{parts.scheme}://{parts.netloc}"
