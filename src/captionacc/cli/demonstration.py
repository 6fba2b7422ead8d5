"""Takes a rendered clip through the whole platform, telling each step, and shows what came out."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table

from captionacc.cli.actions import approve, fetch
from captionacc.cli.client import Client
from captionacc.cli.display import make_display
from captionacc.cli.outcome import Outcome
from captionacc.cli.stages import describe_work
from captionacc.cli.storytelling import tell
from captionacc.cli.truth import compare, read_truth
from captionacc.cli.uploading import upload
from captionacc.cli.watching import failure, follow
from captionacc.errors import InternalError
from captionacc.model.results import Caption
from captionacc.samples import demo_clip, render_clip
from captionacc.settings import get_settings
from captionacc.stack.keeper import State
from captionacc.stack.ports import free_ports
from captionacc.stack.supervisor import starting_stack

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from captionacc.cli.display import Display
    from captionacc.cli.watching import Snapshot
    from captionacc.samples import RenderedClip
    from captionacc.stack.supervisor import Stack

INTERRUPTED_EXIT_CODE: Final = 130
_PORTS: Final = ("api_port", "prefect_port", "postgres_port", "s3_port")
_LOOK_EVERY_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class _Result:
    """What came out; the time is from the first byte uploaded to the subtitles."""

    snapshot: Snapshot
    captions: tuple[Caption, ...]
    elapsed_s: float


class _Story:
    """Tells what happens on stderr, each sentence with the time since the beginning."""

    def __init__(self, display: Display, *, is_quiet: bool) -> None:
        self.display = display
        self._is_quiet = is_quiet
        self._began = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._began

    def tell(self, sentence: str) -> None:
        """Tell one step."""
        if not self._is_quiet:
            self.display.say(f"{self.elapsed_s:6.1f} s  {sentence}")


def run_demo(*, once: bool, is_quiet: bool) -> int:
    """Run the demo, with data that is gone afterwards; returns the exit code.

    Raises:
        MissingDependencyError: the sample clip's footage or fonts, or a service, is not installed.
        CaptionAccError: whatever kept the clip from being processed.
    """
    is_done = False
    try:
        with (
            tempfile.TemporaryDirectory(prefix="captionacc-demo-") as name,
            make_display(quiet=is_quiet) as display,
            _starting(Path(name, "data"), _Story(display, is_quiet=is_quiet)) as (stack, story),
        ):
            result, clip = _play(Path(name), stack, story)
            _show(result, clip)
            is_done = True
            if not once:
                _stay(stack)
    except KeyboardInterrupt:
        return 0 if is_done else INTERRUPTED_EXIT_CODE
    return 0


@contextmanager
def _starting(data_dir: Path, story: _Story) -> Generator[tuple[Stack, _Story]]:
    """A stack of its own, on free ports, that has begun to start."""
    ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
    given: dict[str, Any] = {**ports, "data_dir": data_dir}
    story.tell("starting Postgres, object store, API, Prefect and worker")
    with starting_stack(get_settings().model_copy(update=given), given) as stack:
        try:
            yield stack, story
        finally:
            story.display.finish()
            story.tell("stopping all services")


def _play(folder: Path, stack: Stack, story: _Story) -> tuple[_Result, RenderedClip]:
    with _told_when_ready(stack, story):
        story.tell("rendering a clip with burned-in captions")
        clip = render_clip(demo_clip(), folder)
        story.tell(f"clip rendered: {clip.video.name}, {clip.video.stat().st_size / 1e6:.1f} MB")
        stack.wait_ready()
    with Client(stack.api_url) as client:
        return _process(client, clip.video, story), clip


@contextmanager
def _told_when_ready(stack: Stack, story: _Story) -> Generator[None]:
    """During the block, tell of each service when it is ready."""
    is_over = threading.Event()

    def watch() -> None:
        pending = list(stack.keepers)
        while pending:
            is_last_look = is_over.wait(_LOOK_EVERY_S)
            for keeper in [one for one in pending if one.state is State.READY]:
                story.tell(f"{keeper.service.title} is ready")
                pending.remove(keeper)
            if is_last_look:
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _process(client: Client, video: Path, story: _Story) -> _Result:
    began_s = story.elapsed_s
    video_id = upload(client, video, "", story.display).video_id
    story.tell(f"uploaded in parts to the object store: video {video_id}")
    snapshot = _follow(client, video_id, story, None)
    if snapshot.outcome is Outcome.LAYOUT_TO_APPROVE:
        approve(client, video_id, None)
        story.tell("layout approved, as a person would")
        snapshot = _follow(client, video_id, story, snapshot)
    if snapshot.outcome is Outcome.FAILED:
        raise failure(snapshot)
    captions = _read(fetch(client, video_id, "json"))
    story.tell(f"subtitles exported: {len(captions)} captions")
    return _Result(snapshot, captions, story.elapsed_s - began_s)


def _follow(client: Client, video_id: str, story: _Story, before: Snapshot | None) -> Snapshot:
    """Tell what happens until a person is wanted or the work is over."""
    named = ""
    for snapshot in follow(client, video_id):
        for sentence in tell(before, snapshot):
            story.tell(sentence)
        work = describe_work(snapshot.runs)
        if work is not None:
            if named != work.name:
                story.display.start(work.name)
                named = work.name
            story.display.show(work.done, work.doing)
        before = snapshot
    story.display.finish()
    if before is None:
        raise InternalError("The API told nothing of the video.")
    return before


def _read(document: str) -> tuple[Caption, ...]:
    entries: list[dict[str, Any]] = json.loads(document)["captions"]
    return tuple(
        Caption(one["start_s"], one["end_s"], one["text"], one["confidence"]) for one in entries
    )


def _show(result: _Result, clip: RenderedClip) -> None:
    cues, fps = read_truth(clip.truth)
    video = result.snapshot.video
    duration_s = video.duration_s or 0.0
    console = Console()
    console.print(_table(result.captions))
    console.print(compare(result.captions, cues, fps), highlight=False)
    console.print(
        f"{duration_s:.0f} s of {video.width}x{video.height} video, from upload to subtitles in"
        f" {result.elapsed_s:.1f} s.",
        highlight=False,
    )


def _table(captions: Sequence[Caption]) -> Table:
    table = Table("Start", "End", "Text", "Confidence")
    for caption in captions:
        table.add_row(
            f"{caption.start_s:.3f}",
            f"{caption.end_s:.3f}",
            caption.text,
            f"{caption.confidence:.0%}",
        )
    return table


def _stay(stack: Stack) -> None:
    """Let a person look around until Ctrl-C."""
    sys.stdout.write(
        "\nAll of it runs until Ctrl-C; its data is gone then.\n"
        f"  the web page                  {stack.api_url}/\n"
        f"  API, described for programs   {stack.api_url}/openapi.json\n"
        f"  Prefect's UI with the flows   {stack.prefect_url}\n"
        f"  on the command line           captionacc status --api-url {stack.api_url}\n"
    )
    sys.stdout.flush()
    threading.Event().wait()
