"""Keeps one service running, from a thread of its own, until it is to stop."""

from __future__ import annotations

import logging
import math
import threading
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from captionacc.errors import CaptionAccError, TransientError
from captionacc.stack.logs import keep_small

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from captionacc.stack.service import Service

_LOOK_EVERY_S: Final = 0.25
_TRIM_EVERY_S: Final = 60.0
_FIRST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 30.0
_SETTLED_AFTER_S: Final = 10.0
_MOST_FIRST_STARTS: Final = 3

_log = logging.getLogger(__name__)


class State(StrEnum):
    """How a service is."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    FAILED = "failed"
    STOPPED = "stopped"


class Keeper:
    """Starts a service after others, and again with growing pauses whenever it ends.

    One that was never ready and cannot be mended by waiting, or not with a few starts, has failed.

    Args:
        service: What to keep.
        after: Those that must have been ready once before it starts.
        when_ready: Called each time it is ready, before anybody is told so.
        when_done: Called if it ends of its own accord, and then it is not started again.

    Attributes:
        state: How it is now.
        restarts: How often it was started again.
        error: Why it is not ready, if it is not.
        settled: Set once it was ready, or has failed.
    """

    def __init__(
        self,
        service: Service,
        after: Sequence[Keeper] = (),
        when_ready: Callable[[], None] | None = None,
        when_done: Callable[[], None] | None = None,
    ) -> None:
        self.service = service
        self.state = State.WAITING
        self.restarts = 0
        self.error: CaptionAccError | None = None
        self.settled = threading.Event()
        self._after = after
        self._when_ready = when_ready
        self._when_done = when_done
        self._stopping = threading.Event()
        # The child must not outlive this thread, nor does it: see Child.
        self._thread = threading.Thread(target=self._keep, name=service.name, daemon=True)

    @property
    def has_been_ready(self) -> bool:
        """Whether others may start."""
        return self.settled.is_set() and self.state is not State.FAILED

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Have the service stopped."""
        self._stopping.set()

    def join(self) -> None:
        """Return when the service is gone."""
        if self._thread.ident is not None:
            self._thread.join()

    def _keep(self) -> None:
        if self._wait_for_others():
            pause_s = _FIRST_PAUSE_S
            while self.state is not State.FAILED and not self._stopping.is_set():
                if self._run_once() > _SETTLED_AFTER_S:
                    pause_s = _FIRST_PAUSE_S
                self._stopping.wait(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        if self.state is not State.FAILED:
            self.state = State.STOPPED

    def _wait_for_others(self) -> bool:
        """Whether all were ready before we are to stop."""
        for other in self._after:
            while not other.has_been_ready:
                if self._stopping.wait(_LOOK_EVERY_S / 5):
                    return False
        return True

    def _run_once(self) -> float:
        """One life of the service; returns for how many seconds it was of use."""
        self.state = State.RESTARTING if self.restarts else State.STARTING
        ready_at = math.inf
        try:
            self.service.start()
            self.service.wait_ready(self._stopping)
            if not self._stopping.is_set():
                self._be_ready()
                ready_at = time.monotonic()
                self._watch()
        except (CaptionAccError, OSError) as error:
            if not self._is_done():
                self._note(error)
        finally:
            self.service.stop()
        return max(time.monotonic() - ready_at, 0.0)

    def _is_done(self) -> bool:
        """Whether it ended because nothing was left to do; then it is told."""
        if self._when_done is None or not self.service.has_ended_well:
            return False
        self._stopping.set()
        self._when_done()
        return True

    def _be_ready(self) -> None:
        if self._when_ready is not None:
            self._when_ready()
        self.state, self.error = State.READY, None
        self.settled.set()
        _log.info("%s is ready", self.service.title)

    def _watch(self) -> None:
        """Return when it is to stop.

        Raises:
            ServiceUnavailableError: it ended by itself.
        """
        trim_at = time.monotonic() + _TRIM_EVERY_S
        while not self._stopping.wait(_LOOK_EVERY_S):
            if not self.service.is_alive:
                raise self.service.failure("ended")
            if time.monotonic() > trim_at:
                keep_small(self.service.folders.log(self.service.name))
                trim_at = time.monotonic() + _TRIM_EVERY_S

    def _note(self, error: CaptionAccError | OSError) -> None:
        """Remember what went wrong, and whether another start can help."""
        _log.warning("%s", error)
        self.error = error if isinstance(error, CaptionAccError) else TransientError(str(error))
        self.restarts += 1
        self.state = State.RESTARTING
        is_hopeless = isinstance(error, CaptionAccError) and not isinstance(error, TransientError)
        if not self.settled.is_set() and (is_hopeless or self.restarts >= _MOST_FIRST_STARTS):
            self.state = State.FAILED
            self.settled.set()
