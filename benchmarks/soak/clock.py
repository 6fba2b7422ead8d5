"""The clock of the platform's processes, which jumps when it is told to.

``libfaketime`` is loaded into every service of the stack but the object store, a static program
whose clock stays right, as a store's elsewhere would. What all of them call the time is moved by
the same amount; the clocks that only measure how much time goes by are left alone.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

_LIBRARY = Path("vendor", "libfaketime", "src", "libfaketime.so.1")


class Clock:
    """Where the library is not made for this system, the clock is always right."""

    def __init__(self) -> None:
        found = find_spec("libfaketime")
        home = found.submodule_search_locations if found else None
        library = Path(home[0]) / _LIBRARY if home else None
        self._folder: Path | None = None
        if library is not None and library.exists():
            self._folder = Path(tempfile.mkdtemp(prefix="captionacc-clock-"))
            self._folder.chmod(0o755)  # Postgres runs as another user
            shutil.copy(library, self._folder / library.name)
            self.jump_to(0.0)

    @property
    def can_jump(self) -> bool:
        """Whether it can be wrong."""
        return self._folder is not None

    @property
    def environment(self) -> dict[str, str]:
        """For the supervisor, who passes it on to its services and goes without.

        The library has a lock that a process made by ``fork``, as services are, may wait for.
        """
        if self._folder is None:
            return {}
        own = {
            "LD_PRELOAD": str(self._folder / _LIBRARY.name),
            "FAKETIME_TIMESTAMP_FILE": str(self._folder / "offset"),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        return {"SOAK_CLOCK": json.dumps(own)}

    def jump_to(self, offset_s: float) -> None:
        """From now on it is wrong by so many seconds; seen within one."""
        if self._folder is not None:
            fresh = self._folder / "fresh"
            fresh.write_text(f"{offset_s:+.3f}\n", encoding="utf-8")
            fresh.chmod(0o644)
            fresh.replace(self._folder / "offset")

    def remove(self) -> None:
        """Once no process has it any more."""
        if self._folder is not None:
            shutil.rmtree(self._folder)
