"""Where the stack keeps what, below its data folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class StackFolders:
    """The data folder of one stack.

    Attributes:
        root: The data folder.
    """

    root: Path

    def make(self) -> None:
        """Make the folders, for their owner's eyes only.

        Raises:
            OSError: the place refuses them.
        """
        for folder in (self.root, self.root / "logs", self.root / "pids"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def home(self, service: str) -> Path:
        """The folder of a service's own data."""
        return self.root / service

    def log(self, service: str) -> Path:
        """What a service says."""
        return self.root / "logs" / f"{service}.log"

    def pid(self, service: str) -> Path:
        """Which process a service is."""
        return self.root / "pids" / f"{service}.json"

    @property
    def secrets(self) -> Path:
        """Passwords, keys and tokens."""
        return self.root / "secrets.json"

    @property
    def lock(self) -> Path:
        """Held by the one stack that uses this folder."""
        return self.root / "stack.lock"

    @property
    def state(self) -> Path:
        """Addresses of the running stack; there only while it runs."""
        return self.root / "stack.json"
