"""The Prefect server with its UI, in a process of its own, on a database in our Postgres."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, ClassVar, Final

from captionacc.errors import ServiceUnavailableError
from captionacc.settings import variable_name
from captionacc.stack.asking import answers_ok
from captionacc.stack.child import Program
from captionacc.stack.ports import LOOPBACK
from captionacc.stack.postgres import PostgresService
from captionacc.stack.service import Service

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from captionacc.stack.folders import StackFolders

_APP: Final = "prefect.server.api.server:create_app"
_VARIABLES: Final = {
    "PREFECT__SERVER_FINAL": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_COLORS": "false",
    "PREFECT_CLI_COLORS": "false",
    "PREFECT_SERVER_DATABASE_SQLALCHEMY_POOL_SIZE": "2",  # more for as long as they are needed
    "PREFECT_SERVER_DATABASE_SQLALCHEMY_MAX_OVERFLOW": "18",
    # Old runs and events go; the ledger keeps what we need to know.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 86400),
    # Nothing of ours uses automations. The other loops look for rare things: seldom is enough.
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "30",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "60",
}

# Half a second and 10 MB at each start, for what the same version of Prefect has made before.
_ALREADY_MADE: Final = {
    "PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false",
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
}


class PrefectService(Service):
    """Shows and executes flow runs; nothing that must be quick waits for it.

    Args:
        folders: Where its files are.
        port: Where it listens, on the loopback address alone.
        database_url: Its database; its tables are made at the start.
        environment: Variables of the caller that it gets.
    """

    name: ClassVar[str] = "prefect"
    title: ClassVar[str] = "Prefect"
    start_limit_s: ClassVar[float] = 300.0  # it imports for long, and longer on a busy machine

    def __init__(
        self, folders: StackFolders, port: int, database_url: str, environment: Mapping[str, str]
    ) -> None:
        super().__init__(folders)
        self.port = port
        self._database_url = database_url
        self._environment = environment
        # With the cluster goes the memory of what was made in it.
        self._made = folders.home(PostgresService.name) / f"prefect-{version('prefect')}"

    @property
    def address(self) -> str:
        """URL of the UI."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def api_url(self) -> str:
        """URL of its API."""
        return f"{self.address}/api"

    @property
    def environment(self) -> dict[str, str]:
        """Where its API is."""
        return {variable_name("prefect_api_url"): self.api_url}

    def program(self) -> Program:
        """The server, as `prefect server start` runs it."""
        home = self.folders.home(self.name)
        own = {
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": self.api_url,
            "PREFECT_SERVER_UI_API_URL": self.api_url,
            "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "ui"),
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": self.address,
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": self._database_url.replace(
                "postgresql:", "postgresql+asyncpg:", 1
            ),
        }
        known = _ALREADY_MADE if self._made.exists() else {}
        arguments = ("--factory", _APP, "--host", LOOPBACK, "--port", str(self.port))
        quiet = ("--log-level", "warning", "--timeout-keep-alive", "65")
        return Program(
            command=(sys.executable, "-m", "uvicorn", *arguments, *quiet),
            environment={**self._environment, **_VARIABLES, **own, **known},
            folder=home,
        )

    def prepare(self) -> None:
        """Make its folder."""
        self.folders.home(self.name).mkdir(mode=0o700, exist_ok=True)

    def wait_ready(self, abandoned: threading.Event | None = None) -> None:
        """Return once it can be used, or nobody waits for it any more; its tables are made then.

        Raises:
            ServiceUnavailableError: its process ended, or it takes too long.
        """
        try:
            super().wait_ready(abandoned)
        except ServiceUnavailableError:
            self._made.unlink(missing_ok=True)  # perhaps they are not: the next start makes them
            raise
        if self.answers():
            self._made.touch()

    def answers(self) -> bool:
        """Whether its API is up."""
        return answers_ok(self.port, "/api/health")
