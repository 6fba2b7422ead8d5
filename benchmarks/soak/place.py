"""A data folder on which the real command runs, and everything that belongs to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import jwt
import psutil
import psycopg
from clock import Clock
from psycopg.rows import dict_row

from captionacc.stack.folders import StackFolders
from captionacc.stack.ports import LOOPBACK, free_ports
from captionacc.stack.secrets import load_secrets

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator

COMMAND: Final = (sys.executable, "-c", "from captionacc.cli.main import run; run()", "up")
PORTS: Final = ("API", "PREFECT", "POSTGRES", "S3")
SERVICES: Final = ("api", "worker", "prefect", "postgres", "object-store")
COMPUTE: Final = "captionacc.compute.backends.worker"
LIMIT_S: Final = 240.0


class SoakError(Exception):
    """The soak cannot go on."""


def wait_until(condition: Callable[[], Any], what: str, limit_s: float = LIMIT_S) -> Any:  # noqa: ANN401  # whatever it says
    """The first true answer of ``condition``.

    Raises:
        SoakError: it did not come in time.
    """
    deadline = time.monotonic() + limit_s
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise SoakError(f"{what} never came")
        threading.Event().wait(0.05)
    return answer


class Place:
    """The platform on ports of its own, with compute functions that take notes.

    Args:
        folder: Holds the data folder, notes and caches.
    """

    def __init__(self, folder: Path) -> None:
        self.notes = folder
        self.data = folder / "data"
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        self.clock = Clock()
        self.supervisor: subprocess.Popen[bytes] | None = None
        self.starts = 0

    @property
    def api_url(self) -> str:
        """The API."""
        return f"http://{LOOPBACK}:{self.ports['API']}"

    @property
    def prefect_url(self) -> str:
        """Prefect's API."""
        return f"http://{LOOPBACK}:{self.ports['PREFECT']}/api"

    @property
    def last_note(self) -> float:
        """When compute had something to say, in seconds since the epoch."""
        path = self.notes / "notes"
        return path.stat().st_mtime if path.exists() else 0.0

    def secret(self, name: str) -> str:
        """One of the stack's."""
        return str(getattr(load_secrets(StackFolders(self.data).secrets), name))

    def authorization(self, tenant_id: str) -> dict[str, str]:
        """The header by which a member of the tenant is known."""
        claims = {
            "sub": str(uuid.uuid4()),
            "aud": "authenticated",
            "exp": int(time.time() + 86400),
            "app_metadata": {"tenant_id": tenant_id},
        }
        token = jwt.encode(claims, self.secret("jwt_secret"), algorithm="HS256")
        return {"Authorization": f"Bearer {token}"}

    def up(self) -> None:
        """Start the command; it becomes ready by and by."""
        ports = {f"CAPTIONACC_{name}_PORT": str(port) for name, port in self.ports.items()}
        paths = (str(Path(__file__).with_name("canned")), os.environ.get("PYTHONPATH", ""))
        own = {
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "SOAK": str(self.notes),
            "CAPTIONACC_CACHE_DIR": str(self.notes / "cache"),
            "CAPTIONACC_COMPUTE_WORKERS": "2",
        }
        with (self.notes / "up.log").open("ab") as log:
            self.supervisor = subprocess.Popen(  # noqa: S603  # our own command
                [*COMMAND, "--data-dir", self.data, "--json"],
                env={**os.environ, **ports, **own, **self.clock.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.starts += 1

    def keep_up(self) -> None:
        """Start it if it has ended, as an init system does."""
        if self.supervisor is not None:
            with suppress(subprocess.TimeoutExpired):
                self.supervisor.wait(0.2)
        if self.pid("supervisor") is None:
            self.up()

    def is_ready(self) -> bool:
        """Whether the API, its database and its store can be used, and the worker works."""
        try:
            return httpx.get(f"{self.api_url}/readyz", timeout=5).is_success and bool(
                self.pid("worker")
            )
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        """End all, by force if need be."""
        if self.supervisor is not None and self.supervisor.poll() is None:
            self.supervisor.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.supervisor.wait(60)

    def pid(self, role: str) -> int | None:
        """The process id of a service or of the ``supervisor``; ``None`` while it has none."""
        if role == "supervisor":
            process = self.supervisor
            return process.pid if process is not None and process.poll() is None else None
        try:
            noted = json.loads(StackFolders(self.data).pid(role).read_text(encoding="utf-8"))
            process = psutil.Process(noted["pid"])
            is_it = process.create_time() == noted["born"] and process.is_running()
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None
        return process.pid if is_it and process.status() != psutil.STATUS_ZOMBIE else None

    def members(self) -> list[psutil.Process]:
        """All processes that have to do with the data folder."""
        return [one for one in psutil.process_iter(["cmdline", "cwd"]) if self._has(one)]

    def compute_pids(self) -> list[int]:
        """The compute processes."""
        return [one.pid for one in self.members() if COMPUTE in " ".join(one.info["cmdline"] or ())]

    def backend_pids(self) -> list[int]:
        """The processes of Postgres that serve connections, and its helpers."""
        pid = self.pid("postgres")
        with suppress(psutil.NoSuchProcess):
            return [] if pid is None else [one.pid for one in psutil.Process(pid).children()]
        return []

    def kill_everything(self) -> int:
        """As a power cut would; returns how many processes there were."""
        supervisor, members = self.supervisor, self.members()
        if supervisor is not None and supervisor.poll() is None:
            supervisor.kill()
        for one in members:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        if supervisor is not None:
            supervisor.wait()
        wait_until(lambda: not self.members(), "the end of all processes", 30)
        return len(members)

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """A connection to the catalog as its owner."""
        with psycopg.connect(
            host=LOOPBACK,
            port=self.ports["POSTGRES"],
            user="postgres",
            password=self.secret("database_password"),
            dbname="captionacc",
            connect_timeout=10,
            autocommit=True,
            row_factory=dict_row,
        ) as connection:
            yield connection

    def query(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """The rows."""
        with self.database() as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def _has(self, process: psutil.Process) -> bool:
        words = [process.info["cwd"] or "", *(process.info["cmdline"] or ())]
        return process.pid != os.getpid() and any(word.startswith(str(self.data)) for word in words)


def send(pid: int | None, number: signal.Signals) -> bool:
    """Whether there was such a process to get the signal."""
    if pid is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False
