"""Everything is killed at once in the middle of each flow, and started again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg
from notes import read_calls
from place import SoakError, wait_until

if TYPE_CHECKING:
    from people import Person
    from place import Place

_PHASE_S: Final = 0.8
_STAGES: Final = {
    "video-initial-processing": "extract",
    "crop-and-infer": "infer",
    "median-ocr": "read",
}


@dataclass(frozen=True, slots=True)
class Recovery:
    """How one flow went on.

    Attributes:
        flow: The flow that was in its middle.
        phase: What compute was doing.
        processes: How many were killed.
        ready_s: From the new start until the platform could be used.
        done_s: From the new start until the run had succeeded.
        attempts: How many it took.
    """

    flow: str
    phase: str
    processes: int
    ready_s: float
    done_s: float
    attempts: int


def recover_each_flow(place: Place, person: Person) -> list[Recovery]:
    """One flow after the other, with one video.

    Raises:
        SoakError: a run did not succeed.
    """
    pace = place.notes / "slow"
    pace.write_text(str(_PHASE_S), encoding="utf-8")
    video_id, found = person.insert(), []
    for flow, stage in _STAGES.items():
        if flow == "crop-and-infer":
            person.approve(video_id)
        found.append(_recover(place, video_id, flow, stage))
    pace.unlink()
    return found


def _recover(place: Place, video_id: str, flow: str, stage: str) -> Recovery:
    phase = wait_until(lambda: _phase(place, video_id, stage), f"the middle of {flow}")
    processes = place.kill_everything()
    began = time.monotonic()
    place.up()
    wait_until(place.is_ready, "readiness")
    ready_s = time.monotonic() - began
    run = wait_until(lambda: _ended(place, video_id, flow), f"the end of {flow}")
    if run["state"] != "succeeded":
        raise SoakError(f"{flow} has {run['state']}: {run['error']}")
    return Recovery(flow, phase, processes, ready_s, time.monotonic() - began, run["attempt"])


def _phase(place: Place, video_id: str, stage: str) -> str | None:
    """What a call of this stage does, if it has reached its second phase."""
    for call in read_calls(place.notes / "notes"):
        if (call.video_id, call.stage, call.stored) == (video_id, stage, None):
            return call.phases[-1][1] if len(call.phases) > 2 else None  # noqa: PLR2004  # begin, first, second
    return None


def _ended(place: Place, video_id: str, flow: str) -> dict[str, Any] | None:
    try:
        rows = place.query(
            "select * from captionacc.processing_runs where video_id = %s and flow = %s"
            " and not exists (select from captionacc.processing_runs where video_id = %s"
            " and flow = %s and state in ('queued', 'running')) order by created_at",
            *(video_id, flow) * 2,
        )
    except psycopg.OperationalError:
        return None
    return rows[-1] if rows else None
