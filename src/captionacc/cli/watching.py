"""Follows a video through the API's live events until a person is wanted or the work is over."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from captionacc.cli.client import connect
from captionacc.cli.display import make_display
from captionacc.cli.lookup import find_video, get_runs, get_video
from captionacc.cli.outcome import Outcome, judge
from captionacc.cli.stages import describe_work
from captionacc.errors import (
    BadInputError,
    CaptionAccError,
    InternalError,
    MissingDependencyError,
    ServiceUnavailableError,
    error_class,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from captionacc.cli.client import Client
    from captionacc.cli.display import Display
    from captionacc.cli.sse import ServerEvent
    from captionacc.cli.views import RunView, VideoView

NO_CAPTIONS_EXIT_CODE: Final = 4
_PATIENCE_S: Final = 60.0
_PAUSE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A video and its runs, the newest first, at one moment."""

    video: VideoView
    runs: tuple[RunView, ...]

    @property
    def outcome(self) -> Outcome:
        """Where the video stands."""
        return judge(self.video, self.runs)


def follow(client: Client, video_id: str) -> Iterator[Snapshot]:
    """What changes, as it changes; the last snapshot's outcome is not ``WORKING``.

    A broken stream is opened again where it broke.

    Raises:
        NotFoundError: there is no such video.
        MissingDependencyError: nothing answers, or nothing has for a minute.
        ServiceUnavailableError: the stream breaks again and again.
    """
    last_id, broken_since = "", None
    while True:
        try:
            with client.events(last_id) as events:
                # Asked for once the stream is open, so that no change falls between the two.
                snapshot = load(client, video_id)
                broken_since = None
                yield snapshot
                while snapshot.outcome is Outcome.WORKING:
                    event = next(events, None)
                    if event is None:
                        break
                    last_id = event.id
                    changed = _after(client, snapshot, event)
                    if changed is not None:
                        snapshot = changed
                        yield snapshot
                else:
                    return
        except (ServiceUnavailableError, MissingDependencyError):
            now = time.monotonic()
            if not last_id or now - (broken_since or now) > _PATIENCE_S:
                raise
            broken_since = broken_since or now
        time.sleep(_PAUSE_S)


def load(client: Client, video_id: str) -> Snapshot:
    """The video as it is now.

    Raises:
        NotFoundError: there is no such video.
    """
    return Snapshot(get_video(client, video_id), tuple(get_runs(client, video_id)))


def _after(client: Client, snapshot: Snapshot, event: ServerEvent) -> Snapshot | None:
    """The snapshot after an event; ``None`` if the event is about another video."""
    data: dict[str, Any] = json.loads(event.data)
    about = data.get("id") if event.name == "video" else data.get("video_id")
    if about != snapshot.video.id:
        return None
    if event.name == "run" and _is_progress(snapshot, data):
        return replace(snapshot, runs=tuple(_moved(run, data) for run in snapshot.runs))
    return load(client, snapshot.video.id)


def _is_progress(snapshot: Snapshot, data: dict[str, Any]) -> bool:
    """Whether the event holds all that is new; it does not tell of the Prefect flow run."""
    known = (run for run in snapshot.runs if run.id == data["id"])
    return any(run.state == data["state"] and run.prefect_flow_run_id for run in known)


def _moved(run: RunView, data: dict[str, Any]) -> RunView:
    if run.id != data["id"]:
        return run
    return run.model_copy(update={name: data[name] for name in ("phase", "progress", "attempt")})


def watch(client: Client, video_id: str, display: Display, *, as_json: bool = False) -> Snapshot:
    """Show the progress of a video until a person is wanted or the work is over.

    Raises:
        CaptionAccError: the API cannot be reached, or there is no such video.
    """
    snapshot = None
    named = ""
    for snapshot in follow(client, video_id):
        work = describe_work(snapshot.runs, snapshot.video.held_by)
        if as_json:
            _print_line(snapshot)
        elif work is not None:
            if named != work.name:
                display.start(f"{snapshot.video.title}: {work.name}")
                named = work.name
            display.show(work.done, work.doing)
    display.finish()
    if snapshot is None:
        raise InternalError("The API told nothing of the video.")
    return snapshot


def conclude(snapshot: Snapshot, *, as_json: bool = False) -> int:
    """Say in a sentence on stdout what the outcome is, unless it was printed as JSON.

    Returns:
        The exit code: 0 if a person may go on, 4 if no captions were found.

    Raises:
        CaptionAccError: why the video failed.
    """
    video, outcome = snapshot.video, snapshot.outcome
    if outcome is Outcome.FAILED:
        raise failure(snapshot)
    if not as_json:
        sys.stdout.write(_sentence(video, outcome) + "\n")
    return NO_CAPTIONS_EXIT_CODE if outcome is Outcome.NO_CAPTIONS else 0


def failure(snapshot: Snapshot) -> CaptionAccError:
    """The error that ended the work on a failed video."""
    problem = snapshot.video.error or next((r.error for r in snapshot.runs if r.error), None)
    if problem is None:
        return InternalError(f"{snapshot.video.title} failed, and no reason was recorded.")
    kind = error_class(problem.code)
    helps = not issubclass(kind, BadInputError)
    hint = problem.hint or (f"`captionacc retry {snapshot.video.id}` tries again." if helps else "")
    return kind(f"{snapshot.video.title}: {problem.message}", hint)


def _sentence(video: VideoView, outcome: Outcome) -> str:
    match outcome:
        case Outcome.LAYOUT_TO_APPROVE:
            edges = ",".join(f"{edge:.3f}" for edge in video.crop_region or ())
            return (
                f"{video.title}: captions found in {edges} (left,top,right,bottom)."
                f" Go on with: captionacc approve {video.id}"
            )
        case Outcome.NO_CAPTIONS:
            return (
                f"{video.title}: no captions were found. If there are some, say where:"
                f" captionacc approve {video.id} --crop L,T,R,B"
            )
        case _:
            return (
                f"{video.title}: {video.caption_count} captions are ready."
                f" Get them with: captionacc export {video.id}"
            )


def _print_line(snapshot: Snapshot) -> None:
    work = describe_work(snapshot.runs, snapshot.video.held_by)
    line = {
        "video_id": snapshot.video.id,
        "outcome": snapshot.outcome.value,
        "flow": None if work is None else work.flow,
        "phase": None if work is None else work.doing,
        "progress": None if work is None else round(work.done, 4),
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def run_watch(wanted: str | None, *, api_url: str | None, as_json: bool, is_quiet: bool) -> int:
    """Watch a video; returns the exit code.

    Raises:
        CaptionAccError: why the video failed, or why it cannot be watched.
    """
    with connect(api_url) as client, make_display(quiet=is_quiet) as display:
        video = find_video(client, wanted)
        snapshot = watch(client, video.id, display, as_json=as_json)
    return conclude(snapshot, as_json=as_json)
