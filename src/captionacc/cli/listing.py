"""Tables of videos and runs."""

from __future__ import annotations

import json
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from captionacc.cli.advice import advise
from captionacc.cli.client import connect
from captionacc.cli.lookup import find_video, list_videos
from captionacc.cli.stages import describe_work
from captionacc.cli.watching import Snapshot, load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.cli.views import RunView, VideoView

_MOST: Final = 100
_ID_LENGTH: Final = 36
_FILE_WIDTH: Final = 1000  # a program that reads a table wants all of it


def run_status(wanted: str | None, *, api_url: str | None, as_json: bool) -> int:
    """Print one video with its runs, or the newest hundred; returns the exit code.

    Raises:
        CaptionAccError: there is no such video, or the API cannot be reached.
    """
    with connect(api_url) as client:
        if wanted is None:
            videos = list(islice(list_videos(client), _MOST))
            if as_json:
                _print_json(
                    {"videos": [video.model_dump() | {"advice": advise(video)} for video in videos]}
                )
            else:
                _print_videos(videos)
            return 0
        snapshot = load(client, find_video(client, wanted).id)
    if as_json:
        _print_json(describe(snapshot))
    else:
        _print_video(snapshot)
    return 0


def run_runs(wanted: str | None, *, api_url: str | None, as_json: bool) -> int:
    """Print the runs of a video; returns the exit code.

    Raises:
        CaptionAccError: there is no such video, or the API cannot be reached.
    """
    with connect(api_url) as client:
        video = find_video(client, wanted)
        found = load(client, video.id).runs
    if as_json:
        _print_json({"video_id": video.id, "runs": [run.model_dump() for run in found]})
    else:
        _console().print(_runs_table(found))
    return 0


def describe(snapshot: Snapshot) -> dict[str, Any]:
    """What ``status VIDEO --json`` prints: its fields, ``advice``, ``outcome`` and ``runs``."""
    told = {
        "advice": advise(snapshot.video),
        "outcome": snapshot.outcome.value,
        "runs": [run.model_dump() for run in snapshot.runs],
    }
    return snapshot.video.model_dump() | told


def _print_videos(videos: Sequence[VideoView]) -> None:
    if not videos:
        sys.stdout.write("There is no video yet. Add one with: captionacc upload FILE\n")
        return
    table = Table(_ids("Id"), "Title", "Status", "What is up, and what to do", box=None)
    for video in videos:
        table.add_row(video.id, Text(video.title), video.status, Text(advise(video)))
    _console().print(table)


def _print_video(snapshot: Snapshot) -> None:
    video = snapshot.video
    table = Table(show_header=False, box=None)
    table.add_row("video", video.id)
    table.add_row("title", Text(video.title))
    if video.duration_s is not None:
        table.add_row("shows", f"{video.duration_s:.1f} s of {video.width}x{video.height}")
    table.add_row("status", _status(snapshot))
    table.add_row("what to do", Text(advise(video)))
    stages = (video.layout_status, video.captions_status, video.text_status)
    table.add_row("stages", "layout {}, captions {}, text {}".format(*stages))
    if video.crop_region is not None:
        table.add_row("captions in", ",".join(f"{edge:.3f}" for edge in video.crop_region))
    if video.caption_count is not None:
        table.add_row("captions", str(video.caption_count))
    console = _console()
    console.print(table)
    console.print(_runs_table(snapshot.runs))


def _status(snapshot: Snapshot) -> str:
    work = describe_work(snapshot.runs, snapshot.video.held_by)
    told = snapshot.outcome.value.replace("_", " ")
    return told if work is None else f"{work.name}: {work.doing}, {work.done:.0%}"


def _runs_table(runs: Sequence[RunView]) -> Table:
    columns = ("Flow", "Subject", "State", "Attempt", "Progress", "Error")
    table = Table(_ids("Run"), *columns, box=None)
    for run in runs:
        table.add_row(
            run.id,
            run.flow,
            run.subject,
            run.state,
            str(run.attempt),
            f"{run.progress:.0%} {run.phase or ''}",
            Text("" if run.error is None else run.error.message),
        )
    return table


def _ids(name: str) -> Column:
    """A column of ids, which are of use only as a whole."""
    return Column(name, no_wrap=True, min_width=_ID_LENGTH)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_FILE_WIDTH)


def _print_json(content: object) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
