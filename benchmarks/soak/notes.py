"""What compute calls have noted: what began when, and what was in the store by then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_STORED: Final = "stored"
_SILENCE_S: Final = 0.5
"""How long after its last note a call that has not ended counts as under way."""


@dataclass
class Call:
    """One call that worked, in one process; times of the machine's monotonic clock, in seconds."""

    key: str
    video_id: str
    pid: int
    began: float
    phases: list[tuple[float, str]]
    stored: float | None = None

    @property
    def stage(self) -> str:
        """``extract``, ``infer`` or ``read``."""
        return self.key.partition("-")[0]

    def phase_at(self, moment: float) -> str | None:
        """What it did then; ``None`` if it did nothing."""
        end = self.stored or self.phases[-1][0] + _SILENCE_S
        if not self.began <= moment < end:
            return None
        return [name for at, name in self.phases if at <= moment][-1]


def read_calls(path: Path) -> list[Call]:
    """All calls that worked, in the order in which they began."""
    calls: list[Call] = []
    open_calls: dict[tuple[str, int], Call] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        word, key, video_id, pid, moment = line.split()
        name, at = (key, int(pid)), float(moment)
        if word == "begin":
            open_calls[name] = Call(key, video_id, int(pid), at, [(at, word)])
            calls.append(open_calls[name])
        elif name in open_calls:  # else it found an earlier result
            if word == _STORED:
                open_calls.pop(name).stored = at
            else:
                open_calls[name].phases.append((at, word))
    return calls


def repeated(calls: Iterable[Call]) -> list[Call]:
    """Calls that began although the result of their key was in the store."""
    stored: dict[str, float] = {}
    again: list[Call] = []
    for call in calls:
        if stored.get(call.key, call.began) < call.began:
            again.append(call)
        if call.stored is not None:
            stored[call.key] = min(call.stored, stored.get(call.key, call.stored))
    return again
