"""The real command, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import psycopg

from captionacc.stack.folders import StackFolders
from captionacc.stack.ports import free_ports
from captionacc.stack.secrets import load_secrets

COMMAND = (sys.executable, "-c", "from captionacc.cli.main import run; run()")
PORTS = ("API", "PREFECT", "POSTGRES", "S3")
LIMIT_S = 240


def wait_until(condition, what, timeout_s=LIMIT_S):
    """The first true answer of ``condition``; fails when it does not come in time."""
    deadline = time.monotonic() + timeout_s
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"{what} never came"
        threading.Event().wait(0.05)
    return answer


class Place:
    """A data folder with ports of its own, on which stacks are started with the real command."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        self.started = []

    def up(self, *options, **variables):
        """Start ``captionacc up``, in a session of its own."""
        return self.start("up", "--data-dir", str(self.folder), *options, **variables)

    def start(self, *words, **variables):
        """Start a command with the place's ports, in a session of its own."""
        ports = {f"CAPTIONACC_{name}_PORT": str(port) for name, port in self.ports.items()}
        process = subprocess.Popen(
            [*COMMAND, *words],
            env={**os.environ, **ports, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def up_and_ready(self):
        """A stack of which all is ready, and what it said then."""
        process = self.up("--json")
        line = process.stdout.readline()
        assert line, process.stderr.read()
        return process, json.loads(line)

    def pid(self, service):
        """The process id of a service; ``None`` while it has none."""
        try:
            return json.loads((self.folder / "pids" / f"{service}.json").read_text())["pid"]
        except (FileNotFoundError, ValueError):
            return None

    def log(self, name):
        """What a log says."""
        return (self.folder / "logs" / f"{name}.log").read_text()

    def query(self, statement):
        """The rows of a statement on the catalog."""
        password = load_secrets(StackFolders(self.folder).secrets).database_password
        url = f"postgresql://postgres:{password}@127.0.0.1:{self.ports['POSTGRES']}/captionacc"
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else None

    def leftovers(self):
        """Processes that have to do with the data folder."""
        name = str(self.folder)
        return [one for one in psutil.process_iter(["cmdline", "cwd"]) if _is_in(one, name)]

    def stop(self, process, number=signal.SIGTERM):
        """End a stack; its exit code and what it said."""
        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT_S)
        return process.returncode, out, err


def _is_in(process, folder):
    words = [process.info["cwd"] or "", *(process.info["cmdline"] or ())]
    return any(word.startswith(folder) for word in words)
