"""What goes wrong, at random moments: processes are killed or stopped, at times all of them."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from place import SERVICES, SoakError, send, wait_until

if TYPE_CHECKING:
    import random

    from place import Place

KILLS: Final = {
    "compute": 40,
    "worker": 12,
    "api": 15,
    "object-store": 12,
    "postgres": 6,
    "postgres process": 8,
    "prefect": 4,
    "supervisor": 2,
    "everything": 1,
}
"""What is killed, and how often in proportion."""

STOPS: Final = {
    "compute": (1.0, 6.0),
    "worker": (2.0, 24.0),
    "api": (1.0, 5.0),
    "object-store": (2.0, 6.0),
    "postgres process": (1.0, 5.0),
    "postgres": (2.0, 6.0),
    "prefect": (2.0, 8.0),
}
"""What is stopped, and for how many seconds; the longest make a worker's runs look lost."""

_STOP_SHARE: Final = 0.15
_DOUBLE_SHARE: Final = 0.3
"""How often two are killed, one right after the other."""

_LONGEST_WAIT_S: Final = 3.0
_FRESH_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Blow:
    """Something that was done, and when, in seconds since the epoch."""

    target: str
    at: float
    stopped_s: float = 0.0


class Saboteur:
    """Strikes until it has killed often enough, or its time is over.

    Args:
        place: The platform.
        chance: Decides on everything.
        kills: How often it kills.
        limit_s: How long it goes on at most.
    """

    def __init__(self, place: Place, chance: random.Random, kills: int, limit_s: float) -> None:
        self._place = place
        self._chance = chance
        self._wanted = kills
        self._limit_s = limit_s
        self._waking: list[threading.Timer] = []
        self.blows: list[Blow] = []

    @property
    def kills(self) -> int:
        """How often it has killed."""
        return sum(not blow.stopped_s for blow in self.blows)

    def rage(self) -> None:
        """Strike; in the end nothing is stopped, and the supervisor runs."""
        began, pause_s = time.monotonic(), self._limit_s / self._wanted
        while self.kills < self._wanted and time.monotonic() - began < self._limit_s:
            time.sleep(self._chance.uniform(0.1, 0.9) * pause_s)
            self._await_work()
            if self._chance.random() < _STOP_SHARE:
                self._stop()
            else:
                for _ in range(1 + (self._chance.random() < _DOUBLE_SHARE)):
                    self._kill()
            self._place.keep_up()
        for timer in self._waking:
            timer.join()
        self._place.keep_up()

    def _await_work(self) -> None:
        """Strike where it hurts, most of the time: some moment after a computation has moved on."""
        deadline = time.monotonic() + self._chance.uniform(0.0, _LONGEST_WAIT_S)
        while time.monotonic() < deadline and time.time() - self._place.last_note > _FRESH_S:
            time.sleep(_FRESH_S / 2)
        time.sleep(self._chance.uniform(0.0, 0.3))

    def _kill(self) -> None:
        (target,) = self._chance.choices(list(KILLS), list(KILLS.values()))
        with suppress(SoakError):  # else those would be hit most that are there first
            wait_until(lambda: self._pids(target), target, _LONGEST_WAIT_S)
        at = time.time()
        if target == "everything":
            self._place.kill_everything()
            struck = True
        else:
            pids = self._pids(target)
            struck = bool(pids) and send(self._chance.choice(pids), signal.SIGKILL)
        if struck:
            self.blows.append(Blow(target, at))

    def _stop(self) -> None:
        target = self._chance.choice(list(STOPS))
        seconds = self._chance.uniform(*STOPS[target])
        if pids := self._pids(target):
            pid = self._chance.choice(pids)
            if send(pid, signal.SIGSTOP):
                self.blows.append(Blow(target, time.time(), seconds))
                timer = threading.Timer(seconds, send, (pid, signal.SIGCONT))
                timer.start()
                self._waking.append(timer)

    def _pids(self, target: str) -> list[int]:
        """Who could be struck under this name now."""
        if target == "compute":
            return self._place.compute_pids()
        if target == "postgres process":
            return self._place.backend_pids()
        if target == "everything":
            return [pid for name in SERVICES if (pid := self._place.pid(name))]
        is_up = target != "supervisor" or self._place.pid("worker")
        pid = self._place.pid(target) if is_up else None
        return [] if pid is None else [pid]
