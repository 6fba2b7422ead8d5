"""The services of one machine: started in order, kept running, stopped in order."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel

from captionacc.catalog.migrate import WebhookTarget, migrate
from captionacc.errors import OutputNotWritableError
from captionacc.settings import get_settings, variable_name
from captionacc.stack.bucket import set_up_bucket
from captionacc.stack.environment import plain_environment, program_environment
from captionacc.stack.folders import StackFolders
from captionacc.stack.keeper import Keeper, State
from captionacc.stack.lock import locked
from captionacc.stack.object_store import ObjectStoreService
from captionacc.stack.ports import check_free, free_ports
from captionacc.stack.postgres import CATALOG_DATABASE, PREFECT_DATABASE, PostgresService
from captionacc.stack.prefect import PrefectService
from captionacc.stack.programs import ApiService, WorkerService
from captionacc.stack.secrets import load_secrets
from captionacc.stack.webhooks import WebhookDelivery

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from captionacc.settings import Settings

_PORTS: Final = ("api_port", "prefect_port", "postgres_port", "s3_port")
_LOOK_EVERY_S: Final = 0.2
_WEBHOOK_PATH: Final = "/v1/webhooks/supabase"


class StackState(BaseModel):
    """A running stack, as ``stack.json`` and ``up --json`` tell of it.

    Attributes:
        pid: The supervisor's process id.
        data_dir: The data folder.
        api_url: The API.
        prefect_url: Prefect's UI.
        s3_url: The object store.
        postgres: Host and port of Postgres.
    """

    pid: int
    data_dir: str
    api_url: str
    prefect_url: str
    s3_url: str
    postgres: str


class Stack:
    """The services of one data folder, which nobody else may use meanwhile.

    Args:
        folders: The data folder.
        settings: Where the services listen and what they may use.
        given: Those settings, by name, that this process's environment does not say.

    Attributes:
        secrets: Passwords, keys and tokens.
        environment: What finds all services, for programs of ours.
        keepers: One for each service.
        idle: Set once there is nothing to do: the API has ended, and the rest may.

    Raises:
        UsageError: the secrets are damaged.
    """

    def __init__(
        self, folders: StackFolders, settings: Settings, given: Mapping[str, object]
    ) -> None:
        self.folders = folders
        self.secrets = load_secrets(folders.secrets)
        self._settings = settings
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
        self.idle = threading.Event()
        when_done = None if settings.idle_exit_s is None else self.idle.set
        # The API listens while its database is still starting, and finds it later. The worker
        # would only take the processor from it.
        postgres = Keeper(self.postgres, when_ready=self._open_catalog)
        store = Keeper(self.store, when_ready=partial(set_up_bucket, self.store))
        api = Keeper(self.api, when_ready=self._write_state, when_done=when_done)
        prefect = Keeper(self.prefect, after=[postgres])
        worker = Keeper(self.worker, after=[postgres, api])
        self.keepers = (postgres, store, api, prefect, worker)
        self._stop_order = ((worker,), (api, prefect, store), (postgres,))

    @property
    def api_url(self) -> str:
        """Where the API is."""
        return self.api.address

    @property
    def prefect_url(self) -> str:
        """Where Prefect's UI is."""
        return self.prefect.address

    @property
    def database_url(self) -> str:
        """The catalog, as its owner."""
        return self.postgres.url(CATALOG_DATABASE)

    def start(self) -> None:
        """Begin to start; what a killed stack left behind is ended first.

        Raises:
            UsageError: a port is taken.
        """
        for keeper in self.keepers:
            keeper.service.end_leftover()
        self.folders.state.unlink(missing_ok=True)
        self._check_ports()
        for keeper in self.keepers:
            keeper.start()

    def wait_ready(self) -> None:
        """Return when all services are ready, or there is nothing to do for them.

        Raises:
            CaptionAccError: why one of them cannot be started.
        """
        for keeper in self.keepers:
            while not keeper.settled.wait(_LOOK_EVERY_S) and not self.idle.is_set():
                pass
            self.check()

    def check(self) -> None:
        """Nothing, unless a service has failed.

        Raises:
            CaptionAccError: why.
        """
        for keeper in self.keepers:
            if keeper.state is State.FAILED and keeper.error is not None:
                raise keeper.error

    @property
    def is_ready(self) -> bool:
        """Whether all services are ready now."""
        return all(keeper.state is State.READY for keeper in self.keepers)

    def stop(self) -> None:
        """Stop all, those first that need the others."""
        self.folders.state.unlink(missing_ok=True)
        self._webhooks.stop()
        for stage in self._stop_order:
            for keeper in stage:
                keeper.ask_to_stop()
            for keeper in stage:
                keeper.join()
        self._webhooks.stop()  # again: Postgres may just have become ready when it was to stop

    def describe(self) -> StackState:
        """Where everything is, without secrets."""
        return StackState(
            pid=os.getpid(),
            data_dir=str(self.folders.root),
            api_url=self.api_url,
            prefect_url=self.prefect_url,
            s3_url=self.store.address,
            postgres=self.postgres.address,
        )

    def _check_ports(self) -> None:
        listeners = zip(_PORTS, (self.api, self.prefect, self.postgres, self.store), strict=True)
        for field, service in listeners:
            cure = f"Set {variable_name(field)} to another"
            option = ", or use --port" if field == "api_port" else ""
            check_free(getattr(self._settings, field), service.title, f"{cure}{option}.")

    def _open_catalog(self) -> None:
        """Bring it up to date, and begin to tell of new videos."""
        target = WebhookTarget(self.api_url + _WEBHOOK_PATH, self.secrets.webhook_secret)
        asyncio.run(migrate(self.database_url, webhook=target, embedded=True))
        self._webhooks.start()

    def _write_state(self) -> None:
        """Tell the other commands where everything is."""
        fresh = self.folders.state.with_suffix(".new")
        fresh.write_text(self.describe().model_dump_json(indent=2), encoding="utf-8")
        fresh.replace(self.folders.state)


@contextmanager
def starting_stack(settings: Settings, given: Mapping[str, object]) -> Generator[Stack]:
    """A stack that has begun to start; stopped at the end of the block.

    Raises:
        OutputNotWritableError: the data folder refuses us.
        ConflictError: another stack uses it.
        UsageError: a port is taken, or the secrets are damaged.
    """
    folders = StackFolders(settings.data_dir.resolve())
    try:
        folders.make()
    except OSError as error:
        raise OutputNotWritableError(
            f"{folders.root} cannot be used: {error.strerror}.",
            f"Choose another with --data-dir or {variable_name('data_dir')}.",
        ) from error
    with locked(folders):
        stack = Stack(folders, settings, given)
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()


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
