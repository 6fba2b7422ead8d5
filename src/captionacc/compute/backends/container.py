"""The side of a call that runs in a container of the GPU cloud.

The cloud begins a call anew when it takes the machine away or when the container crashes, and does
so for ever. So each call has a note that outlives its containers: how often it was begun, what it
has spent, and how far it is.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from captionacc.compute.backends.gpu_functions import function_named
from captionacc.compute.backends.remote_wire import CallNote, Reply, describe_error, read_request
from captionacc.compute.failures import as_captionacc_error
from captionacc.compute.functions import run_job
from captionacc.compute.progress import NULL_PROGRESS
from captionacc.errors import InternalError, WorkerLostError
from captionacc.settings import get_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from captionacc.compute.contracts import Job, JobResult
    from captionacc.compute.progress import Phase, Progress

MOST_STARTS: Final = 4
"""A call that was begun so often is given up: it crashes its containers, or is out of luck."""

_FIRST_NOTE_S: Final = 0.2
_NOTE_EVERY_S: Final = 2.0

_log = logging.getLogger(__name__)


class Notes(Protocol):
    """Keeps texts under keys, for all containers and all who ask."""

    def get(self, key: str) -> str | None:
        """The text."""
        ...

    def put(self, key: str, value: str) -> object:
        """Keep the text in place of any other."""
        ...


def serve(
    request: str,
    call_id: str | None,
    notes: Notes,
    run: Callable[[Job, Progress], JobResult] = run_job,
) -> str:
    """Run the job of ``request`` and return a reply, whatever becomes of it.

    Args:
        request: As :func:`~captionacc.compute.backends.remote_wire.request_for` makes it.
        call_id: The cloud's name for the call; ``None`` outside of it, where nothing is noted.
        notes: Where the call's note is kept.
        run: Runs the job.
    """
    name, seconds = "", 0.0
    try:
        name, job = read_request(request)
        note = _begin(name, call_id, notes)
        started = time.monotonic()
        try:
            _check_starts(note)
            with _reporting(note, call_id, notes) as progress:
                result = run(_for_container(name, job), progress)
        finally:
            seconds = note.seconds + time.monotonic() - started
    except Exception as error:  # noqa: BLE001  # the edge of the container: all goes to the one who asks
        known = as_captionacc_error(error)
        if isinstance(known, InternalError):
            traceback.print_exc()
        reply = Reply(function=name, seconds=seconds, error=describe_error(known))
    else:
        reply = Reply(function=name, seconds=seconds, result=result.model_dump(mode="json"))
    return reply.model_dump_json()


def _for_container(name: str, job: Job) -> Job:
    """``job`` with this container's cores and device in place of those of the one who asked."""
    function = function_named(name)
    own = {
        "threads": 0 if function is None else function.cores,
        "device": get_settings().device,
        "tessdata_dir": None,
    }
    return job.model_copy(update={"ocr": job.ocr.model_copy(update=own)})


def _begin(name: str, call_id: str | None, notes: Notes) -> CallNote:
    """This execution's note; what containers before it have spent is in it."""
    note = CallNote(function=name)
    if call_id is None:
        return note
    try:
        before = notes.get(call_id)
        if before is not None:
            earlier = CallNote.model_validate_json(before)
            note = CallNote(function=name, starts=earlier.starts + 1, seconds=earlier.seconds)
        notes.put(call_id, note.model_dump_json())
    except Exception as error:  # noqa: BLE001  # as below
        _log.warning("the start of %s cannot be told: %s", call_id, error)
    return note


def _check_starts(note: CallNote) -> None:
    if note.starts > MOST_STARTS:
        raise WorkerLostError(
            f"The computation's container was lost {MOST_STARTS} times, perhaps because memory"
            " ran out.",
            "Its log is in Modal's dashboard; the video may be damaged.",
        )


@contextmanager
def _reporting(note: CallNote, call_id: str | None, notes: Notes) -> Generator[Progress]:
    """Reports go into the note, by a thread of its own: computing does not wait for the network."""
    if call_id is None:
        yield NULL_PROGRESS
        return
    keeper = _NoteKeeper(note, call_id, notes)
    keeper.start()
    try:
        yield keeper
    finally:
        keeper.stop()


class _NoteKeeper:
    """Writes the call's note now and then, and at the end."""

    def __init__(self, note: CallNote, call_id: str, notes: Notes) -> None:
        self._first, self._latest = note, note
        self._call_id = call_id
        self._notes = notes
        self._started = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write_until_ended, daemon=True)

    def report(self, phase: Phase, fraction: float, speed: float | None = None) -> None:
        """Take note."""
        seen = {"phase": phase, "fraction": min(max(fraction, 0.0), 1.0), "speed": speed}
        self._latest = self._first.model_copy(update=seen)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _write_until_ended(self) -> None:
        is_last = self._ended.wait(_FIRST_NOTE_S)
        self._write()
        while not is_last:
            is_last = self._ended.wait(_NOTE_EVERY_S)
            self._write()

    def _write(self) -> None:
        spent = self._first.seconds + time.monotonic() - self._started
        note = self._latest.model_copy(update={"seconds": spent})
        try:
            self._notes.put(self._call_id, note.model_dump_json())
        except Exception as error:  # noqa: BLE001  # the work does not fail because its progress cannot be told
            _log.warning("the progress of %s cannot be told: %s", self._call_id, error)
