"""What stands in the band while no caption does: watermarks, and still pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from captionacc.captions.lasting import energy_of, lasting_field

if TYPE_CHECKING:
    from captionacc.boundaries.features import Floats

_MIN_COUNT = 2.5
"""Empty frames from which on a background is known."""

_MEMORY = 0.9
"""Part of what is known that is left after one more sample."""


class Background:
    """Learns from the empty frames of the band; older ones fade away."""

    def __init__(self) -> None:
        self._total: Floats | None = None
        self._energy: Floats | None = None
        self._count = 0.0
        self._settled: Floats | None = None

    def add(self, gradient: Floats) -> None:
        """Learn from an empty frame's gradients ``(2, h, w)``."""
        energy = energy_of(gradient)
        if self._total is None or self._energy is None:
            self._total, self._energy, self._count = gradient.copy(), energy, 1.0
            return
        self._total = _MEMORY * self._total + gradient
        self._energy = _MEMORY * self._energy + energy
        self._count = _MEMORY * self._count + 1

    def settle(self) -> None:
        """A caption has come up: keep what was learned, and begin anew."""
        self._settled = self.lasting()
        self._total = self._energy = None

    def lasting(self) -> Floats | None:
        """Gradients of what stands still, zero elsewhere; None while too little was seen."""
        if self._total is None or self._energy is None or self._count < _MIN_COUNT:
            return self._settled
        return lasting_field(self._total, self._energy, self._count)
