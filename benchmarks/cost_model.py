"""A day of a deployment with GPU functions, event by event: who waits, and what it costs.

Videos arrive as people upload them, more by day than by night. Each takes three functions one after
the other; a person approves the layout in between. A function has so many containers at most; one
that has just worked waits a while for the next job, which costs as much as working, and a new one
first has to start.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from captionacc.compute.backends.gpu_functions import GPU_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from captionacc.compute.backends.gpu_functions import GpuFunction

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Load:
    """What a day brings.

    Attributes:
        videos: How many.
        seconds_per_video_s: What a second of video takes each function, once its container runs.
        limits: Containers of each function at once.
        median_video_s: Half of the videos are shorter.
        start_s: What a container takes to start.
        approval_s: What a person takes to approve a layout, on average.
        seed: Of the day's chances.
    """

    videos: int
    seconds_per_video_s: Mapping[str, float]
    limits: Mapping[str, int]
    median_video_s: float = 600.0
    start_s: float = 20.0
    approval_s: float = 600.0
    seed: int = 1


@dataclass(slots=True)
class Pool:
    """The containers of one function.

    Attributes:
        waits_s: How long each job waited for a container.
        worked_s: What its jobs took.
        started_s: What its starts took.
        idle_s: What its containers waited for nothing.
        peak: Most containers at once.
    """

    function: GpuFunction
    limit: int
    waits_s: list[float] = field(default_factory=list[float])
    worked_s: float = 0.0
    started_s: float = 0.0
    idle_s: float = 0.0
    busy: int = 0
    peak: int = 0
    warm_until: deque[tuple[float, float]] = field(default_factory=deque[tuple[float, float]])
    queue: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])

    @property
    def cost_usd(self) -> float:
        """Of all its containers' time."""
        seconds = self.worked_s + self.started_s + self.idle_s
        return float(self.function.usd_per_s) * seconds

    def take(self, now: float) -> bool:
        """Occupy a container; whether a warm one was there."""
        self._cool_down(now)
        self.busy += 1
        self.peak = max(self.peak, self.busy + len(self.warm_until) - 1)
        if not self.warm_until:
            self.peak = max(self.peak, self.busy)
            return False
        since, _ = self.warm_until.pop()
        self.idle_s += now - since
        return True

    def give_back(self, now: float) -> None:
        """Let the container wait for another job."""
        self.busy -= 1
        self.warm_until.append((now, now + self.function.idle_s))

    def close(self) -> None:
        """At the end of the day all go."""
        self._cool_down(math.inf)

    def _cool_down(self, now: float) -> None:
        while self.warm_until and self.warm_until[0][1] <= now:
            since, until = self.warm_until.popleft()
            self.idle_s += until - since


@dataclass(frozen=True, slots=True)
class Day:
    """How it went.

    Attributes:
        pools: By function.
        video_hours: Of all videos together.
        done_s: From upload to the last text, for each video, without the person's time.
    """

    pools: Mapping[str, Pool]
    video_hours: float
    done_s: list[float]

    @property
    def cost_usd(self) -> float:
        """Of all functions."""
        return sum(pool.cost_usd for pool in self.pools.values())


class Simulation:
    """One day; see :func:`simulate`."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._chance = random.Random(load.seed)  # noqa: S311  # a simulation
        self._events: list[tuple[float, int, str, int, int]] = []
        self._numbers = count()
        self._pools = {
            function.name: Pool(function, load.limits[function.name]) for function in GPU_FUNCTIONS
        }
        self._order = [function.name for function in GPU_FUNCTIONS]
        self._length_s: list[float] = []
        self._born: list[float] = []
        self._person_s: list[float] = []
        self._done_s: list[float] = []

    def run(self) -> Day:
        """The whole of it."""
        for video in range(self._load.videos):
            self._length_s.append(self._load.median_video_s * self._chance.lognormvariate(0, 0.8))
            self._born.append(self._moment())
            self._person_s.append(self._chance.expovariate(1 / self._load.approval_s))
            self._at(self._born[video], "arrive", video, 0)
        while self._events:
            now, _, what, video, stage = heapq.heappop(self._events)
            getattr(self, f"_{what}")(now, video, stage)
        for pool in self._pools.values():
            pool.close()
        return Day(self._pools, sum(self._length_s) / 3600, self._done_s)

    def _moment(self) -> float:
        """Of the day: three times as much by day as by night."""
        while True:
            moment = self._chance.uniform(0, DAY_S)
            if self._chance.uniform(0, 1.5) < 1 - 0.5 * math.cos(2 * math.pi * moment / DAY_S):
                return moment

    def _at(self, moment: float, what: str, video: int, stage: int) -> None:
        heapq.heappush(self._events, (moment, next(self._numbers), what, video, stage))

    def _arrive(self, now: float, video: int, stage: int) -> None:
        pool = self._pools[self._order[stage]]
        if pool.busy < pool.limit:
            self._begin(now, now, video, stage)
        else:
            pool.queue.append((now, video))

    def _begin(self, now: float, asked: float, video: int, stage: int) -> None:
        name = self._order[stage]
        pool = self._pools[name]
        start_s = 0.0 if pool.take(now) else self._load.start_s
        work_s = self._length_s[video] * self._load.seconds_per_video_s[name]
        pool.waits_s.append(now - asked + start_s)
        pool.started_s += start_s
        pool.worked_s += work_s
        self._at(now + start_s + work_s, "end", video, stage)

    def _end(self, now: float, video: int, stage: int) -> None:
        pool = self._pools[self._order[stage]]
        pool.give_back(now)
        if pool.queue:
            asked, waiting = pool.queue.popleft()
            self._begin(now, asked, waiting, stage)
        if stage + 1 == len(self._order):
            self._done_s.append(now - self._born[video] - self._person_s[video])
        else:
            person_s = self._person_s[video] if stage == 0 else 0.0
            self._at(now + person_s, "arrive", video, stage + 1)


def simulate(load: Load) -> Day:
    """The day that ``load`` describes; the same load has the same day."""
    return Simulation(load).run()


def enough(load: Load, wait_s: float) -> dict[str, int]:
    """Limits under which 95 % of the jobs of each function wait no longer than ``wait_s``.

    The start of a container is part of the wait. Each limit is grown by half until it is enough.
    """
    limits = dict(load.limits)
    while True:
        day = simulate(
            Load(
                load.videos,
                load.seconds_per_video_s,
                limits,
                load.median_video_s,
                load.start_s,
                load.approval_s,
                load.seed,
            )
        )
        short = [name for name, pool in day.pools.items() if late(pool.waits_s) > wait_s]
        if not short:
            return limits
        for name in short:
            limits[name] += limits[name] // 2 + 1


def late(values: list[float]) -> float:
    """What 95 % do not exceed; 0 of nothing."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1] if values else 0.0
