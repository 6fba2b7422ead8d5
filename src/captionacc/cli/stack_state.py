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
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def read_stack_state(data_dir: Path) -> StackState | None:
    """What the stack of this data folder has written; ``None`` if there is nothing to read."""
    try:
        state = json.loads((data_dir / "stack.json").read_text(encoding="utf-8"))
        pid, prefect_url = int(state.get("pid", 0)), str(state.get("prefect_url", ""))
        return StackState(pid, str(state["api_url"]), prefect_url)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
