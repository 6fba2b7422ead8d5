"""What the checks of a deployment look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from captionacc.catalog.pool import open_catalog
from captionacc.settings import variable_name
from captionacc.storage.location import default_access

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    import httpx

    from captionacc.catalog.pool import Catalog
    from captionacc.settings import Settings
    from captionacc.storage.access import S3Access

_REQUIRED = (
    "database_url",
    "s3_access_key_id",
    "s3_secret_access_key",
    "s3_role_arn",
    "webhook_secret",
    "api_url",
)


@dataclass(frozen=True, slots=True)
class Context:
    """The settings, and what they lead to.

    Attributes:
        settings: Of the deployment.
        http: For its services.
    """

    settings: Settings
    http: httpx.AsyncClient

    @property
    def database_url(self) -> str:
        """Postgres, once it is known to be set."""
        secret = self.settings.database_url
        return "" if secret is None else secret.get_secret_value()

    @property
    def api_url(self) -> str:
        """The API, without a slash at the end."""
        return (self.settings.api_url or "").rstrip("/")

    @property
    def prefect_url(self) -> str:
        """Prefect's API, without a slash at the end."""
        return (self.settings.prefect_api_url or "").rstrip("/")

    @property
    def origin(self) -> str:
        """Where the page is served."""
        parts = urlsplit(self.api_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def access(self) -> S3Access:
        """The bucket."""
        return default_access()

    def catalog(self) -> AbstractAsyncContextManager[Catalog]:
        """The database, opened for a block."""
        return open_catalog(self.database_url)

    def unset(self) -> list[str]:
        """Variables that a deployment cannot do without and that are not set."""
        missing = [name for name in _REQUIRED if getattr(self.settings, name) is None]
        if self.settings.jwt_jwks_url is None and self.settings.jwt_secret is None:
            missing.append("jwt_jwks_url")
        return [variable_name(name) for name in missing]
