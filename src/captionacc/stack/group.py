"""Services that belong together: started in order, kept running, stopped in order."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import BaseModel

from captionacc.errors import OutputNotWritableError
from captionacc.settings import variable_name
from captionacc.stack.folders import StackFolders
from captionacc.stack.keeper import State
from captionacc.stack.lock import locked
from captionacc.stack.ports import check_free
from captionacc.stack.secrets import load_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from captionacc.settings import Settings
    from captionacc.stack.keeper import Keeper
    from captionacc.stack.postgres import PostgresService
    from captionacc.stack.prefect import PrefectService
    from captionacc.stack.programs import ApiService
    from captionacc.stack.service import Service

_LOOK_EVERY_S: Final = 0.2


class StackState(BaseModel):
    """A running group, as ``stack.json`` and ``--json`` tell of it.

    Attributes:
        pid: The supervisor's process id.
        data_dir: The data folder.
        api_url: The API.
        prefect_url: Prefect's UI.
        s3_url: The object store.
        postgres: Host and port of the Postgres that runs here.
    """

    pid: int
    data_dir: str
    api_url: str
    prefect_url: str
    s3_url: str
    postgres: str


class ServiceGroup(ABC):
    """The services of one data folder, which nobody else may use meanwhile.

    Args:
        folders: The data folder.
        settings: Where the services listen and what they may use.

    Attributes:
        secrets: Passwords, keys and tokens.
        postgres: Postgres.
        prefect: Prefect's server.
        api: The API.
        keepers: One for each service.
        stop_order: The same, those first that need the others.
        idle: Set once there is nothing to do: the API has ended, and the rest may.

    Raises:
        UsageError: the secrets are damaged.
    """

    postgres: PostgresService
    prefect: PrefectService
    api: ApiService
    keepers: Sequence[Keeper]
    stop_order: Sequence[Sequence[Keeper]]

    def __init__(self, folders: StackFolders, settings: Settings) -> None:
        self.folders = folders
        self.settings = settings
        self.secrets = load_secrets(folders.secrets)
        self.idle = threading.Event()

    @property
    @abstractmethod
    def listeners(self) -> Mapping[str, Service]:
        """Who listens, by the setting of its port."""

    @property
    @abstractmethod
    def s3_url(self) -> str:
        """The object store."""

    @property
    def api_url(self) -> str:
        """Where the API is, on this machine."""
        return self.api.address

    @property
    def prefect_url(self) -> str:
        """Where Prefect's UI is, on this machine."""
        return self.prefect.address

    def describe(self) -> StackState:
        """Where everything is, without secrets."""
        return StackState(
            pid=os.getpid(),
            data_dir=str(self.folders.root),
            api_url=self.api_url,
            prefect_url=self.prefect_url,
            s3_url=self.s3_url,
            postgres=self.postgres.address,
        )

    @property
    def when_done(self) -> Callable[[], None] | None:
        """What the API's keeper calls when the API ends because it is not needed."""
        return None if self.settings.idle_exit_s is None else self.idle.set

    def start(self) -> None:
        """Begin to start; what a killed supervisor left behind is ended first.

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
        for stage in self.stop_order:
            for keeper in stage:
                keeper.ask_to_stop()
            for keeper in stage:
                keeper.join()

    def write_state(self) -> None:
        """Tell the other commands where everything is."""
        fresh = self.folders.state.with_suffix(".new")
        fresh.write_text(self.describe().model_dump_json(indent=2), encoding="utf-8")
        fresh.replace(self.folders.state)

    def _check_ports(self) -> None:
        for field, service in self.listeners.items():
            cure = f"Set {variable_name(field)} to another"
            option = ", or use --port" if field == "api_port" else ""
            check_free(getattr(self.settings, field), service.title, f"{cure}{option}.")


Group = TypeVar("Group", bound=ServiceGroup)


@contextmanager
def starting(make: Callable[[StackFolders], Group], settings: Settings) -> Generator[Group]:
    """A group that has begun to start; stopped at the end of the block.

    Raises:
        OutputNotWritableError: the data folder refuses us.
        ConflictError: another group uses it.
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
        group = make(folders)
        try:
            group.start()
            yield group
        finally:
            group.stop()
