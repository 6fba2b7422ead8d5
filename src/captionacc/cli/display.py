"""Progress for a person, on stderr: a Rich bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from captionacc.compute.progress import Phase

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_WEIGHTS: Final = {
    Phase.PROBE: 0.01,
    Phase.SAMPLE: 0.03,
    Phase.READ: 0.16,
    Phase.LAYOUT: 0.01,
    Phase.BOUNDARIES: 0.6,
    Phase.STORE: 0.01,
    Phase.TEXT: 0.18,
}
"""Typical share of the whole time that each phase takes."""

_LINE_EVERY_S: Final = 5.0
_ENOUGH: Final = 0.01


class Display(Protocol):
    """Shows the progress of one video after the other, and says things in between."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def start(self, name: str) -> None:
        """A new video begins."""
        ...

    def report(self, phase: Phase, fraction: float, speed: float | None = None) -> None:
        """How far it is, when all is done on this machine."""
        ...

    def show(self, done: float, doing: str, note: str = "") -> None:
        """How much of the whole is done, 0-1, and what is being done."""
        ...

    def finish(self) -> None:
        """The video is done; results may be written now."""
        ...

    def say(self, line: str) -> None:
        """Show a line of text to the person."""
        ...


def make_display(*, quiet: bool = False) -> Display:
    """The display that suits where stderr goes."""
    if quiet:
        return QuietDisplay()
    return RichDisplay() if sys.stderr.isatty() else LineDisplay()


def overall_fraction(phase: Phase, fraction: float) -> float:
    """How much of the whole work is done, 0-1, when ``fraction`` of ``phase`` is."""
    phases = list(_WEIGHTS)
    before = sum(_WEIGHTS[earlier] for earlier in phases[: phases.index(phase)])
    return min((before + fraction * _WEIGHTS[phase]) / sum(_WEIGHTS.values()), 1.0)


class QuietDisplay:
    """Shows no progress; lines still go to stderr."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def start(self, name: str) -> None:
        """Show nothing."""

    def report(self, phase: Phase, fraction: float, speed: float | None = None) -> None:
        """Show the phase as a part of the whole."""
        note = f"{speed:.1f}x real time" if speed else ""
        self.show(overall_fraction(phase, fraction), phase.value, note)

    def show(self, done: float, doing: str, note: str = "") -> None:
        """Show nothing."""

    def finish(self) -> None:
        """Show nothing."""

    def say(self, line: str) -> None:
        """Write the line."""
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


class LineDisplay(QuietDisplay):
    """A line for each phase and now and then, for logs."""

    def __init__(self) -> None:
        self._name = self._doing = ""
        self._began: tuple[float, float] | None = None
        self._said_at = 0.0

    def start(self, name: str) -> None:
        """Name the video."""
        self._name, self._doing, self._began = name, "", None

    def show(self, done: float, doing: str, note: str = "") -> None:
        """Write a line if the phase is new or some seconds have gone by."""
        now = time.monotonic()
        self._began = self._began or (now, done)
        if doing == self._doing and now - self._said_at < _LINE_EVERY_S:
            return
        self._doing, self._said_at = doing, now
        told = ", ".join(filter(None, (note, self._rest(*self._began, now, done))))
        self.say(f"{self._name}: {done:4.0%} {doing}{f' ({told})' if told else ''}")

    @staticmethod
    def _rest(began: float, done_before: float, now: float, done: float) -> str:
        """Time left at the speed so far, once there is enough to tell it from."""
        gained = done - done_before
        return f"{(now - began) * (1 - done) / gained:.0f} s left" if gained > _ENOUGH else ""


class RichDisplay(QuietDisplay):
    """A bar with phase, percentage, time left and speed; gone when the video is done."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar: Progress | None = None

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.finish()

    def start(self, name: str) -> None:
        """Show a new bar."""
        self.finish()
        self._bar = Progress(
            TextColumn("{task.fields[name]}", markup=False),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            TextColumn("{task.description}", markup=False),
            console=self._console,
            transient=True,
            # stdout belongs to the results, also where stderr is a terminal.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._bar.add_task("start", total=1.0, name=name, note="")
        self._bar.start()

    def show(self, done: float, doing: str, note: str = "") -> None:
        """Move the bar."""
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, completed=done, description=doing, note=note)

    def finish(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def say(self, line: str) -> None:
        """Print the line, above the bar if there is one."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
