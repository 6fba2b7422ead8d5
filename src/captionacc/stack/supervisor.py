"""The services of one machine: started in order, kept running, stopped in order."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from captionacc.catalog.migrate import WebhookTarget, migrate
from captionacc.settings import get_settings
from captionacc.stack.bucket import set_up_bucket
from captionacc.stack.environment import plain_environment, program_environment
from captionacc.stack.group import ServiceGroup, starting
from captionacc.stack.keeper import Keeper
from captionacc.stack.object_store import ObjectStoreService
from captionacc.stack.ports import free_ports
from captionacc.stack.postgres import CATALOG_DATABASE, PREFECT_DATABASE, PostgresService
from captionacc.stack.prefect import PrefectService
from captionacc.stack.programs import ApiService, WorkerService
from captionacc.stack.webhooks import WebhookDelivery

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from captionacc.settings import Settings
    from captionacc.stack.folders import StackFolders
    from captionacc.stack.service import Service

_PORTS: Final = ("api_port", "prefect_port", "postgres_port", "s3_port")
_WEBHOOK_PATH: Final = "/v1/webhooks/supabase"


class Stack(ServiceGroup):
    """All services of the platform, for one machine.

    Args:
        folders: The data folder.
        settings: Where the services listen and what they may use.
        given: Those settings, by name, that this process's environment does not say.

    Attributes:
        environment: What finds all services, for programs of ours.

    Raises:
        UsageError: the secrets are damaged.
    """

    def __init__(
        self, folders: StackFolders, settings: Settings, given: Mapping[str, object]
    ) -> None:
        super().__init__(folders, settings)
        own = program_environment(folders, settings, given, self.secrets)
        self.postgres = PostgresService(
            folders, settings.postgres_port, self.secrets.database_password
        )
        self.store = ObjectStoreService(folders, settings.s3_port, self.secrets, settings.s3_bucket)
        self.prefect = PrefectService(
            folders,
            settings.prefect_port,
            self.postgres.url(PREFECT_DATABASE),
            plain_environment(),
        )
        found = self.postgres.environment | self.store.environment | self.prefect.environment
        self.api = ApiService(folders, settings.api_port, own | found)
        self.environment = own | found | self.api.environment
        self.worker = WorkerService(folders, settings.prefect_port, self.environment)
        self._webhooks = WebhookDelivery(self.postgres.url(CATALOG_DATABASE))
        # The API listens while its database is still starting, and finds it later. The worker
        # would only take the processor from it.
        postgres = Keeper(self.postgres, when_ready=self._open_catalog)
        store = Keeper(self.store, when_ready=partial(set_up_bucket, self.store))
        api = Keeper(self.api, when_ready=self.write_state, when_done=self.when_done)
        prefect = Keeper(self.prefect, after=[postgres])
        worker = Keeper(self.worker, after=[postgres, api])
        self.keepers = (postgres, store, api, prefect, worker)
        self.stop_order = ((worker,), (api, prefect, store), (postgres,))

    @property
    def listeners(self) -> Mapping[str, Service]:
        """Who listens, by the setting of its port."""
        services = (self.api, self.prefect, self.postgres, self.store)
        return dict(zip(_PORTS, services, strict=True))

    @property
    def s3_url(self) -> str:
        """The object store."""
        return self.store.address

    @property
    def database_url(self) -> str:
        """The catalog, as its owner."""
        return self.postgres.url(CATALOG_DATABASE)

    def stop(self) -> None:
        """Stop all, those first that need the others."""
        self._webhooks.stop()
        super().stop()
        self._webhooks.stop()  # again: Postgres may just have become ready when it was to stop

    def _open_catalog(self) -> None:
        """Bring it up to date, and begin to tell of new videos."""
        target = WebhookTarget(self.api_url + _WEBHOOK_PATH, self.secrets.webhook_secret)
        asyncio.run(migrate(self.database_url, webhook=target, embedded=True))
        self._webhooks.start()


@contextmanager
def starting_stack(settings: Settings, given: Mapping[str, object]) -> Generator[Stack]:
    """A stack that has begun to start; stopped at the end of the block.

    Raises:
        OutputNotWritableError: the data folder refuses us.
        ConflictError: another stack uses it.
        UsageError: a port is taken, or the secrets are damaged.
    """
    with starting(lambda folders: Stack(folders, settings, given), settings) as stack:
        yield stack


@contextmanager
def running_stack(data_dir: Path, **given: object) -> Generator[Stack]:
    """A ready stack on free ports of the loopback address, for the block.

    Args:
        data_dir: Where it keeps everything; it may hold the data of an earlier one.
        given: Settings for it; ports may be among them.

    Raises:
        CaptionAccError: it cannot be started.
    """
    ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
    given = {**ports, **given, "data_dir": Path(data_dir)}
    with starting_stack(get_settings().model_copy(update=given), given) as stack:
        stack.wait_ready()
        yield stack
