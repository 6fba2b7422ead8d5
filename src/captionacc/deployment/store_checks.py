"""Is the bucket set up, and do a tenant's temporary keys open its own folder and nothing else?"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from captionacc.deployment.findings import Check, WrongError
from captionacc.errors import StoreError
from captionacc.model.ids import TenantId
from captionacc.storage.boto import boto_failures, s3_client
from captionacc.storage.bucket_items import BUCKET_ITEMS, applies, difference
from captionacc.storage.credentials import tenant_credentials
from captionacc.storage.s3 import S3Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from captionacc.deployment.context import Context
    from captionacc.storage.access import S3Access
    from captionacc.storage.bucket_items import BucketItem

SET_UP: Final = "Run, with a key that may administer the bucket: .venv/bin/captionacc bucket"
_ROLE: Final = (
    "Give the role CAPTIONACC_S3_ROLE_ARN the trust and the policy in deploy/s3/tenant-role-*.json"
    " (docs/infrastructure.md has the commands)."
)


async def _is_reachable(context: Context) -> str:
    access = context.access

    def look() -> None:
        with boto_failures(access, f"Looking into the bucket {access.bucket!r}"):
            s3_client(access).list_objects_v2(Bucket=access.bucket, MaxKeys=1)

    await asyncio.to_thread(look)
    return f"The bucket {access.bucket} can be listed."


async def _is_private(context: Context) -> str:
    access = context.access
    endpoint = access.endpoint or f"https://s3.{access.region}.amazonaws.com"
    answer = await context.http.get(f"{endpoint}/{access.bucket}", params={"list-type": "2"})
    if answer.status_code != HTTPStatus.FORBIDDEN:
        raise WrongError(
            f"Somebody without a key is answered {answer.status_code} and not 403.",
            "Remove whatever makes the bucket public from its policy and its access control list.",
        )
    return "Nobody sees the bucket without a key."


async def _is_as_wanted(item: BucketItem, context: Context) -> str:
    if not applies(item, context.access):
        return "Not for a store without encryption."
    missing = await asyncio.to_thread(difference, item, context.access, context.origin)
    if missing is not None:
        raise WrongError(missing, SET_UP)
    return f"It is as deploy/s3/{item.name}.json has it."


async def _is_scoped(context: Context) -> str:
    return await asyncio.to_thread(_try_credentials, context)


def _try_credentials(context: Context) -> str:
    """With objects of two tenants that are made for it and removed again."""
    ours = S3Store(context.access)
    one, other = (TenantId(f"deploy-check-{uuid.uuid4().hex}") for _ in range(2))
    own, foreign, secret = f"{one}/client/own", f"{other}/client/foreign", f"{one}/server/secret"
    for key in (own, foreign, secret):
        ours.put(key, b"deploy-check")
    try:
        _try_keys(_temporary(context, one), own, {foreign, secret}, other)
    finally:
        for key in (own, foreign, secret, f"{own}-written"):
            ours.delete(key)
    return "A tenant's keys read its client folder and nothing else."


def _temporary(context: Context, tenant_id: TenantId) -> S3Access:
    return tenant_credentials(
        context.access,
        tenant_id,
        context.settings.s3_role_arn or "",
        sts_endpoint=context.settings.s3_sts_endpoint,
    ).access


def _try_keys(access: S3Access, own: str, closed: set[str], other: TenantId) -> None:
    theirs = S3Store(access)
    theirs.get(own)
    for key in closed:
        _must_fail(partial(theirs.get, key), f"A tenant's keys read {key.partition('/')[2]}.")
    _must_fail(partial(theirs.list, f"{other}/client/"), "A tenant's keys list another's folder.")
    _must_fail(partial(theirs.put, f"{own}-written", b""), "A tenant's keys write.")


def _must_fail(attempt: Callable[[], object], told: str) -> None:
    with suppress(StoreError):
        attempt()
        raise WrongError(told, _ROLE)


STORE_CHECKS: Final = (
    Check("bucket", _is_reachable, SET_UP, ("settings",)),
    *(
        Check(f"bucket {item.title}", partial(_is_as_wanted, item), SET_UP, ("bucket",))
        for item in BUCKET_ITEMS
    ),
    Check("bucket privacy", _is_private, SET_UP, ("bucket",)),
    Check("tenant credentials", _is_scoped, _ROLE, ("bucket privacy",)),
)
