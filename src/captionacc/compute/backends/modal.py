"""Compute calls as calls of Modal functions, which go on whatever becomes of who asked.

Modal keeps a call's result for a week under its id. Beside that a Dict of the app holds, for a
week too, ``job:{job_key}`` with the id of the call that was begun last for the job, so that another
worker finds it, and ``{call_id}`` with the note that the call's containers write.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final, cast

import modal

from captionacc.compute.backends.base import CallCost, CallId, CallState
from captionacc.compute.backends.gpu_functions import function_named, function_of
from captionacc.compute.backends.modal_failures import modal_failures
from captionacc.compute.backends.remote_wire import CallNote, outcome_of, read_reply, request_for
from captionacc.compute.progress import NULL_PROGRESS, ProgressEvent
from captionacc.errors import (
    CancelledError,
    CaptionAccError,
    MissingDependencyError,
    ServiceUnavailableError,
    UsageError,
    WorkerLostError,
)

if TYPE_CHECKING:
    from captionacc.compute.backends.remote_wire import Reply
    from captionacc.compute.contracts import Job, JobResult
    from captionacc.compute.progress import Progress

_POLL_S: Final = 2.0
_PATIENCE_S: Final = 300.0  # Modal may be away for so long before the flow hears of it
_PAUSE_S: Final = 1.0


def notes_of(app: str) -> modal.Dict:
    """The Dict in which an app's calls are noted; made when it is first used."""
    return modal.Dict.from_name(f"{app}-calls", create_if_missing=True)


class ModalBackend:
    """Calls the functions of a deployed app, as Modal's own settings sign them in.

    Args:
        app: Name of the app.
        poll_s: Seconds between two looks at a call under way.
        patience_s: For how many seconds a call is followed while Modal does not answer.
    """

    def __init__(self, app: str, poll_s: float = _POLL_S, patience_s: float = _PATIENCE_S) -> None:
        self._app = app
        self._poll_s = poll_s
        self._patience_s = patience_s
        self._notes = notes_of(app)
        self._submitting = threading.Lock()
        self._cancelled: set[CallId] = set()
        self._waited: set[CallId] = set()
        self._left: set[CallId] = set()

    def submit(self, job: Job, earlier: CallId | None = None) -> CallId:
        """Spawn ``job``, unless a call runs or has computed it."""
        with self._submitting, modal_failures(self._app):
            return self._find_call(job, earlier) or self._spawn(job)

    def state(self, call_id: CallId) -> CallState:
        """Where the call is."""
        try:
            self._get(call_id, 0)
        except TimeoutError:
            return CallState.QUEUED if self._note(call_id) is None else CallState.RUNNING
        except CancelledError:
            return CallState.CANCELLED
        except (UsageError, ServiceUnavailableError):
            raise
        except CaptionAccError:
            return CallState.FAILED
        return CallState.SUCCEEDED

    def progress(self, call_id: CallId) -> ProgressEvent | None:
        """The latest report of the call, if there is one."""
        note = self._note(call_id)
        if note is None or note.phase is None:
            return None
        return ProgressEvent(note.phase, note.fraction, note.speed)

    def result(
        self,
        call_id: CallId,
        progress: Progress = NULL_PROGRESS,
        timeout_s: float | None = None,
    ) -> JobResult:
        """Wait for the call; see :meth:`ComputeBackend.result`."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        self._left.discard(call_id)
        self._waited.add(call_id)
        try:
            return self._wait(call_id, progress, deadline)
        finally:
            self._waited.discard(call_id)

    def _wait(self, call_id: CallId, progress: Progress, deadline: float | None) -> JobResult:
        given_up: float | None = None
        while call_id not in self._left:
            try:
                return self._get(call_id, _shorter(self._poll_s, deadline))
            except TimeoutError:
                if deadline is not None and time.monotonic() >= deadline:
                    raise
                given_up = None
                self._pass_on(call_id, progress)
            except ServiceUnavailableError:
                given_up = given_up or time.monotonic() + self._patience_s
                if time.monotonic() >= given_up:
                    raise
                time.sleep(_shorter(_PAUSE_S, deadline))
        raise CancelledError("Nobody waits here for the call any more; it goes on.")

    def cancel(self, call_id: CallId) -> None:
        """Ask the call to end."""
        self._cancelled.add(call_id)
        with modal_failures(self._app):
            _call(call_id).cancel()

    def leave(self, call_id: CallId) -> None:
        """Let the call go on, for whoever continues the work finds it; who waits here ends."""
        if call_id in self._waited:
            self._left.add(call_id)

    def cost(self, call_id: CallId) -> CallCost:
        """What the call's containers have noted; nothing if none was started."""
        note = self._note(call_id)
        function = None if note is None else function_named(note.function)
        if note is None or function is None:
            return CallCost("modal", 0.0)
        return function.cost(note.seconds)

    def close(self) -> None:
        """Do nothing: the connection is the process's."""

    def _find_call(self, job: Job, earlier: CallId | None) -> CallId | None:
        noted = cast("str | None", self._notes.get(_job_entry(job)))
        candidates = dict.fromkeys(filter(None, (earlier, noted)))
        return next((CallId(one) for one in candidates if self._is_of_use(CallId(one))), None)

    def _is_of_use(self, call_id: CallId) -> bool:
        """Whether the call is under way or has succeeded."""
        try:
            return self.state(call_id) not in {CallState.FAILED, CallState.CANCELLED}
        except UsageError:  # of another backend, or older than Modal's memory
            return False

    def _spawn(self, job: Job) -> CallId:
        function = cast("Any", modal.Function.from_name(self._app, function_of(job).name))
        call_id = CallId(function.spawn(request_for(job)).object_id)
        self._notes.put(_job_entry(job), call_id)
        return call_id

    def _get(self, call_id: CallId, timeout_s: float) -> JobResult:
        """The call's outcome; builtin ``TimeoutError`` if there is none yet."""
        try:
            with modal_failures(self._app):
                reply = self._fetch(call_id, timeout_s)
        except WorkerLostError as error:
            if call_id in self._cancelled:
                raise CancelledError("The work was cancelled.") from error
            raise
        return outcome_of(reply)

    def _fetch(self, call_id: CallId, timeout_s: float) -> Reply:
        try:
            return read_reply(_call(call_id).get(timeout=timeout_s))
        except (modal.exception.NotFoundError, modal.exception.InvalidError):
            raise UsageError(
                f"No compute call {call_id} is known to Modal.", "Submit the job again."
            ) from None

    def _note(self, call_id: CallId) -> CallNote | None:
        with modal_failures(self._app):
            text = cast("str | None", self._notes.get(call_id))
        return None if text is None else CallNote.model_validate_json(text)

    def _pass_on(self, call_id: CallId, progress: Progress) -> None:
        try:
            event = self.progress(call_id)
        except (ServiceUnavailableError, MissingDependencyError):
            return  # the call itself is asked next, and says what is wrong
        if event is not None:
            progress.report(event.phase, event.fraction, event.speed)


def _call(call_id: CallId) -> modal.FunctionCall[str]:
    return modal.FunctionCall[str].from_id(call_id)


def _job_entry(job: Job) -> str:
    return f"job:{job.job_key}"


def _shorter(seconds: float, deadline: float | None) -> float:
    if deadline is None:
        return seconds
    return max(min(seconds, deadline - time.monotonic()), 0.0)
