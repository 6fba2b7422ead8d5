"""What our own programs find in their environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from captionacc.settings import ENV_PREFIX, variable_name
from captionacc.stack.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from captionacc.settings import Settings
    from captionacc.stack.folders import StackFolders
    from captionacc.stack.secrets import Secrets

_NOT_OURS: Final = ("PREFECT_", ENV_PREFIX)


def plain_environment() -> dict[str, str]:
    """The caller's, without what would send a program to other services than ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, (os.environ.get(name), LOOPBACK, "localhost")))
    return kept


def program_environment(
    folders: StackFolders, settings: Settings, given: Mapping[str, object], secrets: Secrets
) -> dict[str, str]:
    """The settings of the API and the worker, but for where the other services are.

    Those of the caller's environment hold unless ``given`` says otherwise.
    """
    inherited = {name: value for name, value in os.environ.items() if name.startswith(ENV_PREFIX)}
    values: dict[str, object] = {
        **given,
        "data_dir": folders.root,
        "api_host": LOOPBACK,
        "api_port": settings.api_port,
        "webhook_secret": secrets.webhook_secret,
        "service_token": secrets.service_token,
    }
    if settings.jwt_jwks_url is None:
        secret = settings.jwt_secret
        own = secret.get_secret_value() if secret else secrets.jwt_secret
        values |= {"jwt_secret": own, "has_local_session": True}
    ours = {variable_name(name): str(value) for name, value in values.items()}
    return plain_environment() | inherited | ours
