"""What goes wrong, at random moments: processes are killed or stopped, and the clock jumps."""

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
    "postgres": (2.0, 12.0),
    "prefect": (2.0, 8.0),
}
"""What is stopped, and for how many seconds: outages, of Postgres with all its processes. The
longest make a worker's runs look lost."""

CLOCK: Final = "clock"
_FURTHEST_S: Final = 300.0
"""How wrong the clock is at most, before or after; object stores allow for some more."""

_STOP_SHARE: Final = 0.15
_JUMP_SHARE: Final = 0.06
_DOUBLE_SHARE: Final = 0.3
"""How often two are killed, one right after the other."""

_LONGEST_WAIT_S: Final = 3.0
_FRESH_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Blow:
    """Something that was done: ``killed``, ``stopped`` or ``set``; when, by the monotonic clock."""

    target: str
    at: float
    how: str


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
        return sum(blow.how == "killed" for blow in self.blows)

    def rage(self) -> None:
        """Strike; in the end nothing is stopped, and the supervisor runs."""
        began, pause_s = time.monotonic(), self._limit_s / self._wanted
        while self.kills < self._wanted and time.monotonic() - began < self._limit_s:
            time.sleep(self._chance.uniform(0.1, 0.9) * pause_s)
            self._await_work()
            drawn = self._chance.random()
            if drawn < _STOP_SHARE:
                self._stop()
            elif drawn < _STOP_SHARE + _JUMP_SHARE:
                self._jump()
            else:
                for _ in range(1 + (self._chance.random() < _DOUBLE_SHARE)):
                    self._kill()
            self._place.keep_up()
        for timer in self._waking:
            timer.join()
        self._place.clock.jump_to(0.0)
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
        at = time.monotonic()
        if target == "everything":
            self._place.kill_everything()
            struck = True
        else:
            pids = self._pids(target)
            struck = bool(pids) and send(self._chance.choice(pids), signal.SIGKILL)
        if struck:
            self.blows.append(Blow(target, at, "killed"))

    def _stop(self) -> None:
        target = self._chance.choice(list(STOPS))
        seconds = self._chance.uniform(*STOPS[target])
        pids = self._pids(target)
        if target == "postgres":
            pids += self._place.backend_pids()
        else:
            pids = pids and [self._chance.choice(pids)]
        if stopped := [pid for pid in pids if send(pid, signal.SIGSTOP)]:
            self.blows.append(Blow(target, time.monotonic(), "stopped"))
            timer = threading.Timer(seconds, _wake, (stopped,))
            timer.start()
            self._waking.append(timer)

    def _jump(self) -> None:
        """For all processes at once, forward or back."""
        if self._place.clock.can_jump:
            self._place.clock.jump_to(self._chance.uniform(-_FURTHEST_S, _FURTHEST_S))
            self.blows.append(Blow(CLOCK, time.monotonic(), "set"))

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


def _wake(pids: list[int]) -> None:
    for pid in pids:
        send(pid, signal.SIGCONT)
