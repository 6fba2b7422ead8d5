"""A child process that does not outlive us, and is found again if it did."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PR_SET_PDEATHSIG: Final = 1
_IS_LINUX: Final = sys.platform == "linux"
_LAST_LINE_BYTES: Final = 2000


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group that a process runs as."""

    user_id: int
    group_id: int


@dataclass(frozen=True, slots=True)
class Program:
    """What is to be run.

    Attributes:
        command: Program and arguments.
        environment: All of its environment variables.
        folder: Its working folder.
        account: Whom it runs as; as ourselves if unset.
        orphan_signal: What it gets when we die.
        grace_s: Seconds that it gets to end before it is killed.
    """

    command: tuple[str | Path, ...]
    environment: Mapping[str, str]
    folder: Path = Path("/")
    account: Account | None = None
    orphan_signal: signal.Signals = signal.SIGKILL
    grace_s: float = 10.0


class Child:
    """A started program.

    On Linux it gets its orphan signal when the *thread* that started it ends, however that comes:
    so start it from a thread that lives as long as it is to live.

    Args:
        program: What to run.
        log_path: Where its output is appended.
        pid_path: Where its process id is kept while it runs.
        stop_signal: Asks it to end in good order.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self, program: Program, log_path: Path, pid_path: Path, stop_signal: signal.Signals
    ) -> None:
        self.program = program
        self._stop_signal = stop_signal
        self._log_path = log_path
        self._pid_path = pid_path
        with log_path.open("ab") as log:
            self._process = _start(program, log.fileno())
        _remember(self._process.pid, pid_path)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended; minus the signal that killed it, ``None`` while it runs."""
        return self._process.poll()

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait for its end and return the exit code; minus the signal that killed it.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        code = self._process.wait(timeout_s)
        self._pid_path.unlink(missing_ok=True)
        return code

    def stop(self) -> None:
        """End it in good order, or by force when its time is over."""
        self._process.send_signal(self._stop_signal)
        try:
            self.wait(self.program.grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.wait()

    def last_words(self) -> str:
        """The last line of its log; empty if there is none."""
        with suppress(OSError), self._log_path.open("rb") as log:
            log.seek(max(self._log_path.stat().st_size - _LAST_LINE_BYTES, 0))
            lines = log.read().decode(errors="replace").split("\n")
            return next((line.strip() for line in reversed(lines) if line.strip()), "")
        return ""


def _start(program: Program, log: int) -> subprocess.Popen[bytes]:
    account = program.account
    return subprocess.Popen(  # noqa: S603  # our own services
        list(map(str, program.command)),
        env=dict(program.environment),
        cwd=program.folder,
        user=account.user_id if account else None,
        group=account.group_id if account else None,
        extra_groups=[] if account else None,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,  # Ctrl-C is for us, who end them in good order
        preexec_fn=_orphan_hook(program.orphan_signal),  # noqa: PLW1509  # calls libc alone
    )


def _orphan_hook(number: signal.Signals) -> Callable[[], None] | None:
    """What the child calls before it becomes the program; only Linux can promise this."""
    if not _IS_LINUX:
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up here: after the fork only what is safe is done
    return partial(_die_with_parent, prctl, number, os.getpid())


def _die_with_parent(prctl: Callable[..., int], number: int, parent: int) -> None:
    prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it died before it was asked about
        os._exit(1)


def _remember(pid: int, path: Path) -> None:
    """Keep the process id with its time of birth, by which another of the same id is told."""
    with suppress(psutil.NoSuchProcess):
        born = psutil.Process(pid).create_time()
        path.write_text(json.dumps({"pid": pid, "born": born}), encoding="utf-8")


def end_leftover(pid_path: Path, stop_signal: signal.Signals, grace_s: float) -> None:
    """End the process that a killed stack left behind, and all that it has started, if any."""
    end_noted(pid_path, stop_signal, grace_s)
    pid_path.unlink(missing_ok=True)


def end_noted(pid_path: Path, stop_signal: signal.Signals, grace_s: float) -> None:
    """End the process of which ``pid_path`` tells, and all that it has started, if it is there."""
    with suppress(FileNotFoundError, psutil.NoSuchProcess, ValueError, KeyError):
        noted = json.loads(pid_path.read_text(encoding="utf-8"))
        leftover = psutil.Process(noted["pid"])
        if leftover.create_time() == noted["born"]:
            members = [leftover, *leftover.children(recursive=True)]
            leftover.send_signal(stop_signal)
            _, alive = psutil.wait_procs(members, grace_s)
            for member in alive:
                member.kill()
            psutil.wait_procs(alive, grace_s)
