"""The work on a video in a person's words: what is being done, and how much of it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.cli.views import RunView

NAMES: Final = {
    "video-initial-processing": "looking for captions",
    "crop-and-infer": "finding their times",
    "median-ocr": "reading them",
}


@dataclass(frozen=True, slots=True)
class Work:
    """What goes on now.

    Attributes:
        flow: The flow's name.
        name: The same for a person.
        doing: The phase.
        done: How much of the flow's work is done, 0-1.
    """

    flow: str
    name: str
    doing: str
    done: float


def describe_work(runs: Sequence[RunView], held_by: str | None = None) -> Work | None:
    """The work of the earliest flow that is under way; batches of it count together.

    Args:
        runs: All runs of the video.
        held_by: Why what is queued waits, if it does not just wait for its turn.
    """
    flow = next((name for name in NAMES if any(_is(run, name) for run in runs)), None)
    if flow is None:
        return None
    active = [run for run in runs if _is(run, flow)]
    # What was asked for since another flow's last run belongs together, also what is done.
    since = max((run.created_at for run in runs if run.flow != flow), default="")
    together = [r for r in runs if r.flow == flow and (r.is_active or r.created_at > since)]
    done = sum(1.0 if not run.is_active else run.progress for run in together) / len(together)
    running = next((run for run in active if run.state == "running"), None)
    waiting = f"waiting: {held_by}" if held_by else "waiting for its turn"
    doing = waiting if running is None else running.phase or "starting"
    return Work(flow, NAMES[flow], doing, done)


def _is(run: RunView, flow: str) -> bool:
    return run.flow == flow and run.is_active
