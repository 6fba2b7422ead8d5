"""The platform on one machine of somebody else's, with catalog and object store outside of it.

Prefect's own database stays here: it can be thrown away without loss, is asked all the time, and so
neither waits for the network nor troubles the catalog.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from captionacc.settings import ENV_PREFIX, require, variable_name
from captionacc.stack.environment import plain_environment
from captionacc.stack.group import ServiceGroup
from captionacc.stack.keeper import Keeper
from captionacc.stack.postgres import PREFECT_DATABASE, PostgresService
from captionacc.stack.prefect import PrefectService
from captionacc.stack.programs import ApiService, WorkerService

if TYPE_CHECKING:
    from collections.abc import Mapping

    from captionacc.settings import Settings
    from captionacc.stack.folders import StackFolders
    from captionacc.stack.service import Service

_NEEDED: Final = ("database_url", "s3_access_key_id", "s3_secret_access_key", "webhook_secret")


class Deployment(ServiceGroup):
    """API, worker and Prefect, with a Postgres for Prefect alone.

    Args:
        folders: The data folder.
        settings: Those of this process; catalog and store must be among them.

    Raises:
        MissingDependencyError: a setting is missing.
        UsageError: the secrets are damaged.
    """

    def __init__(self, folders: StackFolders, settings: Settings) -> None:
        for field in _NEEDED:
            require(field)
        super().__init__(folders, settings)
        password = self.secrets.database_password
        self.postgres = PostgresService(folders, settings.postgres_port, password)
        database_url = self.postgres.url(PREFECT_DATABASE)
        self.prefect = PrefectService(
            folders, settings.prefect_port, database_url, plain_environment()
        )
        environment = self._environment() | self.prefect.environment
        self.api = ApiService(folders, settings.api_port, environment)
        found = environment | self.api.environment
        postgres = Keeper(self.postgres)
        api = Keeper(self.api, when_ready=self.write_state, when_done=self.when_done)
        prefect = Keeper(self.prefect, after=[postgres])
        worker = Keeper(WorkerService(folders, settings.prefect_port, found), after=[api])
        self.keepers = (api, postgres, prefect, worker)
        self.stop_order = ((worker,), (api, prefect), (postgres,))

    @property
    def listeners(self) -> Mapping[str, Service]:
        """Who listens, by the setting of its port; the API alone beyond this machine."""
        return {
            "api_port": self.api,
            "prefect_port": self.prefect,
            "postgres_port": self.postgres,
        }

    @property
    def s3_url(self) -> str:
        """The object store."""
        return self.settings.s3_endpoint or ""

    def _environment(self) -> dict[str, str]:
        """The caller's settings, and what only we know."""
        given = {name: one for name, one in os.environ.items() if name.startswith(ENV_PREFIX)}
        token = {variable_name("service_token"): self.secrets.service_token}
        place = {variable_name("data_dir"): str(self.folders.root)}
        return plain_environment() | token | given | place
