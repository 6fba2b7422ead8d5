"""Temporary keys with which a tenant's browser reads its own objects and nothing else.

The role may read the whole bucket; a policy that goes with the request narrows it to one folder.
So nobody but the API's own user may be trusted to assume the role: whoever holds temporary keys
could otherwise assume it again, without the policy.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Final

from captionacc.storage.boto import boto_failures, sts_client
from captionacc.storage.keys import check_segment

if TYPE_CHECKING:
    from datetime import datetime

    from captionacc.model.ids import TenantId
    from captionacc.storage.access import S3Access

_SHORTEST_S: Final = 900
"""AWS and its like give no keys for less."""


@dataclass(frozen=True, slots=True)
class TenantCredentials:
    """Keys that read what is below one folder.

    Attributes:
        access: The bucket with the temporary keys.
        prefix: The folder, with a trailing slash.
        expires_at: When they end, in UTC.
    """

    access: S3Access
    prefix: str
    expires_at: datetime


def tenant_credentials(
    access: S3Access,
    tenant_id: TenantId,
    role_arn: str,
    *,
    sts_endpoint: str | None = None,
    duration_s: int = 3600,
) -> TenantCredentials:
    """Keys that read and list ``{tenant}/client/`` for ``duration_s`` seconds (at least 900).

    ``sts_endpoint`` is the token service's URL; the object store's own if unset. Blocks.

    Raises:
        StoreError: the token service refuses or does not answer.
        UsageError: the tenant's id is not safe in a key.
    """
    prefix = f"{check_segment('tenant id', tenant_id)}/client/"
    with boto_failures(access, "Asking for temporary keys"):
        answer = sts_client(access, sts_endpoint or access.endpoint).assume_role(
            RoleArn=role_arn,
            RoleSessionName=f"tenant-{tenant_id}"[:64],
            Policy=json.dumps(_policy(access.bucket, prefix)),
            DurationSeconds=max(duration_s, _SHORTEST_S),
        )
    keys = answer["Credentials"]
    temporary = replace(
        access,
        access_key_id=keys["AccessKeyId"],
        secret_access_key=keys["SecretAccessKey"],
        session_token=keys["SessionToken"],
    )
    return TenantCredentials(temporary, prefix, keys["Expiration"].astimezone(UTC))


def _policy(bucket: str, prefix: str) -> dict[str, object]:
    arn = f"arn:aws:s3:::{bucket}"
    statements = (
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{arn}/{prefix}*"},
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": arn,
            "Condition": {"StringLike": {"s3:prefix": f"{prefix}*"}},
        },
    )
    return {"Version": "2012-10-17", "Statement": statements}
