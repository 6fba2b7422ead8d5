"""Where a video stands, in a sentence: why nothing goes on if so, and the command that helps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from captionacc.cli.outcome import Outcome, judge
from captionacc.cli.stages import NAMES
from captionacc.errors import BadInputError, error_class

if TYPE_CHECKING:
    from captionacc.cli.views import VideoView, WorkView

_SILENT_S: Final = 30.0
_LONG_S: Final = 60.0


def advise(video: VideoView, now: datetime | None = None) -> str:
    """What a person should know of ``video``, and what to do, if anything."""
    if video.work is not None:
        return _about_work(video.work, now or datetime.now(UTC))
    outcome = judge(video, ())
    if outcome is Outcome.FAILED:
        return _about_failure(video)
    if outcome is Outcome.WORKING:
        return "It was not begun yet: that happens by itself within seconds."
    return {
        Outcome.LAYOUT_TO_APPROVE: f"The layout waits for you. Do: captionacc approve {video.id}",
        Outcome.NO_CAPTIONS: "No captions were found."
        f" If there are some: captionacc approve {video.id} --crop L,T,R,B",
        Outcome.READY: f"The captions are ready. Do: captionacc export {video.id}",
    }[outcome]


def _about_failure(video: VideoView) -> str:
    error = video.error
    if error is None:
        return f"It failed. Do: captionacc retry {video.id}"
    told = f"{error.message} {error.hint}".strip()
    if issubclass(error_class(error.code), BadInputError):
        return told
    return f"{told} Do: captionacc retry {video.id}"


def _about_work(work: WorkView, now: datetime) -> str:
    name = NAMES.get(work.flow, work.flow).capitalize()
    if work.held_by is not None:
        return f"{name} is held: {work.held_by}"
    if work.state == "running":
        return _about_running(name, work, now)
    if work.error is not None:
        return f"{name} is tried again, after attempt {work.attempt}: {work.error.message}"
    waited_s = _age_s(work.created_at, now)
    if waited_s > _LONG_S:
        return f"{name} has waited {waited_s / 60:.0f} min for its turn. See: captionacc doctor"
    return f"{name} waits for its turn."


def _about_running(name: str, work: WorkView, now: datetime) -> str:
    silent_s = _age_s(work.heartbeat_at, now)
    if silent_s > _SILENT_S:
        return f"{name} has given no sign of life for {silent_s:.0f} s. See: captionacc doctor"
    return f"{name}: {work.phase or 'starting'}, {work.progress:.0%}"


def _age_s(moment: str | None, now: datetime) -> float:
    return 0.0 if moment is None else (now - datetime.fromisoformat(moment)).total_seconds()
