"""Which runs have lost their worker: those that have given no sign of life for a while.

How long that is, this process's own monotonic clock says. What the database calls the time may
jump, and then every heartbeat would look old at once, or one of a dead worker fresh for hours.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from captionacc.flows.ledger import is_gone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from captionacc.catalog.run_queue import Heartbeat

_LONGEST_GAP_S: Final = 7.5
"""What the time between two looks counts at most: who cannot look cannot beat either."""


class SilenceWatch:
    """Remembers the last sign of life of each run, and for how long there was no other.

    Args:
        patience_s: Seconds after which a run counts as lost.
        now_s: This process's clock.
    """

    def __init__(self, patience_s: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self._patience_s = patience_s
        self._now_s = now_s
        self._looked_s: float | None = None
        self._silent_s: dict[Heartbeat, float] = {}

    def forget(self) -> None:
        """The ledger did not answer, so nobody could give a sign of life."""
        self._silent_s = dict.fromkeys(self._silent_s, 0.0)

    def lost(self, beats: Iterable[Heartbeat]) -> list[Heartbeat]:
        """Of the last signs of life of all running runs, those after which none came."""
        now_s = self._now_s()
        gap_s = 0.0 if self._looked_s is None else min(now_s - self._looked_s, _LONGEST_GAP_S)
        self._silent_s = {
            beat: self._silent_s[beat] + gap_s if beat in self._silent_s else self._first(beat)
            for beat in beats
        }
        self._looked_s = now_s
        return [
            beat
            for beat, silent_s in self._silent_s.items()
            if silent_s > self._patience_s or is_gone(beat.claimed_by)
        ]

    def _first(self, beat: Heartbeat) -> float:
        """At the first look of all there is nothing to go by but the database's own clock."""
        return beat.age_s if self._looked_s is None else 0.0
