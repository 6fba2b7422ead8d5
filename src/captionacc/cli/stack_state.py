"""What a running stack tells the other commands of this machine."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class StackState:
    """Where the services of a stack are, and the process that keeps them."""

    pid: int
    api_url: str
    prefect_url: str

    @property
    def is_alive(self) -> bool:
        """Whether the process is there; one that was killed leaves its state behind."""
        return _is_alive(self.pid)


def read_stack_state(data_dir: Path) -> StackState | None:
    """What the stack of this data folder has written; ``None`` if there is nothing to read."""
    try:
        state = json.loads((data_dir / "stack.json").read_text(encoding="utf-8"))
        pid, prefect_url = int(state.get("pid", 0)), str(state.get("prefect_url", ""))
        return StackState(pid, str(state["api_url"]), prefect_url)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def running_pid(pid_path: Path) -> int | None:
    """The process of a service that keeps its id in ``pid_path``; ``None`` while it has none."""
    try:
        pid = int(json.loads(pid_path.read_text(encoding="utf-8"))["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if _is_alive(pid) else None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
