"""Our own programs as services: the API and the worker."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar, Final

from captionacc.settings import variable_name
from captionacc.stack.asking import answers_ok, ask
from captionacc.stack.child import Program
from captionacc.stack.ports import LOOPBACK
from captionacc.stack.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from captionacc.stack.folders import StackFolders

_MAIN: Final = ("-c", "from captionacc.cli.main import run; run()")
_WORKERS: Final = "/api/work_pools/captionacc/workers/filter"


def own_program(command: str, environment: Mapping[str, str], folders: StackFolders) -> Program:
    """``captionacc COMMAND``, run by our own Python."""
    return Program(
        command=(sys.executable, *_MAIN, command),
        environment={**environment, "PYTHONUNBUFFERED": "1"},
        folder=folders.root,
        grace_s=20.0,
    )


class ApiService(Service):
    """The API. It listens at once, and finds the other services when they come.

    Args:
        folders: Where its files are.
        port: Where it listens, on the loopback address alone.
        environment: All its environment variables.
    """

    name: ClassVar[str] = "api"
    title: ClassVar[str] = "API"
    start_limit_s: ClassVar[float] = 300.0  # it lives without its database, and waits for it

    def __init__(self, folders: StackFolders, port: int, environment: Mapping[str, str]) -> None:
        super().__init__(folders)
        self.port = port
        self._environment = environment

    @property
    def address(self) -> str:
        """Its URL."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Where it is."""
        return {variable_name("api_url"): self.address}

    def program(self) -> Program:
        """``captionacc api``."""
        return own_program("api", self._environment, self.folders)

    def answers(self) -> bool:
        """Whether it, the database and the object store are there."""
        return answers_ok(self.port, "/readyz")


class WorkerService(Service):
    """The worker. It waits by itself for what it needs.

    Args:
        folders: Where its files are.
        prefect_port: Where Prefect is, which knows whether the worker works.
        environment: All its environment variables.
    """

    name: ClassVar[str] = "worker"
    title: ClassVar[str] = "Worker"
    start_limit_s: ClassVar[float] = 300.0  # that of Prefect, for which it waits

    def __init__(
        self, folders: StackFolders, prefect_port: int, environment: Mapping[str, str]
    ) -> None:
        super().__init__(folders)
        self._prefect_port = prefect_port
        self._environment = environment

    @property
    def address(self) -> str:
        """Nobody calls it."""
        return ""

    @property
    def environment(self) -> dict[str, str]:
        """Nobody calls it."""
        return {}

    def program(self) -> Program:
        """``captionacc worker``."""
        return own_program("worker", self._environment, self.folders)

    def answers(self) -> bool:
        """Whether Prefect has heard from this very process, whose name ends with its id."""
        if self.child is None:
            return False
        workers: list[Any] = ask(self._prefect_port, _WORKERS, {}) or []
        return any(worker["name"].split()[-1] == str(self.child.pid) for worker in workers)
