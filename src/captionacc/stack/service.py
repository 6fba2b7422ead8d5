"""What all services have in common: they start, become ready, and stop."""

from __future__ import annotations

import signal
import threading
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

from captionacc.errors import ServiceUnavailableError
from captionacc.stack.child import Child, end_leftover
from captionacc.stack.logs import keep_small

if TYPE_CHECKING:
    from captionacc.stack.child import Program
    from captionacc.stack.folders import StackFolders

_ASK_EVERY_S: Final = 0.05
_LEFTOVER_GRACE_S: Final = 5.0


class Service(ABC):
    """One service of the stack, run as our child.

    Attributes:
        name: What it is called, also in file names.
        title: What a person calls it.
        stop_signal: Asks it to end in good order.
        start_limit_s: Seconds after which it counts as failed if it is not ready.
        child: Its process; ``None`` before the first start.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    start_limit_s: ClassVar[float] = 60.0

    def __init__(self, folders: StackFolders) -> None:
        self.folders = folders
        self.child: Child | None = None

    @property
    @abstractmethod
    def address(self) -> str:
        """Where it is reached, without secrets; empty if it is not."""

    @property
    @abstractmethod
    def environment(self) -> dict[str, str]:
        """Our settings by which others find it, as environment variables."""

    @abstractmethod
    def program(self) -> Program:
        """What is run."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the running process can be used now."""

    def prepare(self) -> None:  # noqa: B027  # not every service has something to do
        """Make what must be there before the first start."""

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self.child is not None and self.child.is_alive()

    @property
    def has_ended_well(self) -> bool:
        """Whether it ended of its own accord, because nothing was left to do."""
        return self.child is not None and self.child.exit_code == 0

    def end_leftover(self) -> None:
        """End the process that a killed stack left behind, if it did."""
        end_leftover(self.folders.pid(self.name), self.stop_signal, _LEFTOVER_GRACE_S)

    def start(self) -> None:
        """Start the process.

        Raises:
            CaptionAccError: something that it needs is missing.
            OSError: it cannot be started.
        """
        keep_small(self.folders.log(self.name))
        self.prepare()
        log, pid = self.folders.log(self.name), self.folders.pid(self.name)
        self.child = Child(self.program(), log, pid, self.stop_signal)

    def wait_ready(self, abandoned: threading.Event | None = None) -> None:
        """Return once it can be used, or nobody waits for it any more.

        Raises:
            ServiceUnavailableError: its process ended, or it takes too long.
        """
        deadline = time.monotonic() + self.start_limit_s
        abandoned = abandoned or threading.Event()
        while not (self.is_alive and self.answers()) and not abandoned.wait(_ASK_EVERY_S):
            if not self.is_alive:
                raise self.failure("ended while it was starting")
            if time.monotonic() > deadline:
                raise self.failure(f"was not ready after {self.start_limit_s:.0f} s")

    def stop(self) -> None:
        """End it, if it runs."""
        if self.child is not None:
            self.child.stop()

    def failure(self, what: str) -> ServiceUnavailableError:
        """The error that tells what it did, with the last words of its log."""
        words = self.child.last_words() if self.child else ""
        said = f": {words}" if words else "."
        return ServiceUnavailableError(
            f"{self.title} {what}{said}", f"Its log is {self.folders.log(self.name)}."
        )
