"""The strokes of a caption, learned from the frames that show it.

Strokes stand still while the picture behind them moves, so a pixel whose gradient repeats from
frame to frame belongs to the caption. Its weight is that coherence; frames are compared with the
weighted mean gradient, tile by tile, by normalised correlation. One changed letter spoils one
tile; a moving background spoils none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from captionacc.boundaries.features import FINE_TILE, TILE, Floats, halve, pool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from captionacc.boundaries.presence import Rect

_NOISE_ENERGY = 1e3
"""Added to a tile's energy: below it, correlation is noise (a contrast of about 2 grey levels)."""

_SIGNIFICANT = 0.05
"""A tile counts from this part of the energy of the strongest tiles."""

_STRONGEST = 8


@dataclass(frozen=True, slots=True)
class Match:
    """Correlation of two gradient fields over a caption's strokes, -1 to 1.

    Attributes:
        weakest: The lowest correlation of any tile that matters, a letter in size.
        finest: The same for tiles the size of a stroke: sees more, and more noise.
        overall: Correlation over all strokes.
    """

    weakest: float
    finest: float
    overall: float


class Template:
    """Mean gradient ``(2, h, w)`` of a caption, and how much each pixel belongs to it."""

    def __init__(
        self, rects: Sequence[Rect], gradient: Floats, covered: NDArray[np.uint8] | None = None
    ) -> None:
        """Learn from a first frame.

        Args:
            rects: The caption's lines.
            gradient: ``(2, h, w)``.
            covered: ``(h, w)``, 1 where lasting strokes stand that are none of the caption's.
        """
        self._shape = gradient.shape[1:]
        self._mask = _mask(rects, self._shape, covered)
        self._rows, self._columns = _bounds(self._mask)
        self._window = np.s_[self._rows, self._columns]
        self._mask = self._mask[self._window]
        self._sum = np.zeros((2, *self._mask.shape), np.float32)
        self._energy = np.zeros(self._mask.shape, np.float32)
        self._count = 0
        self.add(gradient)

    def add(self, gradient: Floats) -> None:
        """Learn from one more frame's gradients ``(2, h, w)``."""
        part = self._cut(gradient)
        self._sum += part
        self._energy += np.einsum("cij,cij->ij", part, part)
        self._count += 1

    def __len__(self) -> int:
        """Number of frames learned from."""
        return self._count

    @property
    def mean(self) -> Floats:
        """Mean gradient inside the window."""
        return self._sum / np.float32(self._count)

    @property
    def weight(self) -> Floats:
        """0-1 inside the window: the squared coherence of each pixel of the caption's area."""
        if self._count == 1:
            return self._mask
        power = np.einsum("cij,cij->ij", self._sum, self._sum)
        coherence = power / (self._count * self._energy + 1)
        return self._mask * coherence * coherence

    def match(self, gradient: Floats) -> Match:
        """How well a frame shows this caption."""
        return _correlate(self.mean, self._cut(gradient), self.weight)

    def compare(self, one: Floats, other: Floats) -> Match:
        """How well two frames agree on this caption's strokes."""
        return _correlate(self._cut(one), self._cut(other), self.weight)

    def match_template(self, other: Template) -> Match:
        """How well two captions' strokes agree, over the area of both."""
        mine, mine_weight = self.spread()
        theirs, their_weight = other.spread()
        return _correlate(mine, theirs, np.maximum(mine_weight, their_weight))

    def match_area(self, other: Template, area: tuple[slice, slice]) -> float:
        """Correlation of two captions' strokes inside ``area`` of the band."""
        mine, mine_weight = self.spread()
        theirs, their_weight = other.spread()
        weight = np.maximum(mine_weight, their_weight)
        mine, theirs, weight = mine[:, *area], theirs[:, *area], weight[area]
        return _correlate(mine, theirs, weight).overall

    def spread(self) -> tuple[Floats, Floats]:
        """Mean gradient ``(2, h, w)`` and weight ``(h, w)`` over the whole band."""
        mean = np.zeros((2, *self._shape), np.float32)
        weight = np.zeros(self._shape, np.float32)
        mean[:, self._rows, self._columns] = self.mean
        weight[self._window] = self.weight
        return mean, weight

    def _cut(self, gradient: Floats) -> Floats:
        return gradient[:, self._rows, self._columns]


def _mask(
    rects: Sequence[Rect], shape: tuple[int, ...], covered: NDArray[np.uint8] | None
) -> Floats:
    mask = np.zeros(shape, np.float32)
    for rect in rects:
        mask[rect.top : rect.bottom, rect.left : rect.right] = 1
    return mask if covered is None else mask * (1 - covered)


def _bounds(mask: Floats) -> tuple[slice, slice]:
    """The smallest window of whole tiles around the mask."""
    spans: list[slice] = []
    for axis in (1, 0):
        inside = np.flatnonzero(mask.any(axis=axis))
        first, last = (int(inside[0]), int(inside[-1]) + 1) if inside.size else (0, TILE)
        spans.append(slice(first // TILE * TILE, -(-last // TILE) * TILE))
    return spans[0], spans[1]


def _correlate(left: Floats, right: Floats, weight: Floats) -> Match:
    cross, left_energy, right_energy = (
        pool(weight * np.einsum("cij,cij->ij", a, b), FINE_TILE)
        for a, b in ((left, right), (left, left), (right, right))
    )
    total = np.sqrt(left_energy.sum() * right_energy.sum() + _NOISE_ENERGY)
    finest = _weakest(cross, left_energy, right_energy, _STRONGEST * 2)
    coarse = (_whole(cross), _whole(left_energy), _whole(right_energy))
    return Match(_weakest(*coarse, _STRONGEST), finest, float(cross.sum() / total))


def _whole(sums: Floats) -> Floats:
    rows, columns = sums.shape
    if rows % 2 or columns % 2:
        even = np.zeros((rows + rows % 2, columns + columns % 2), np.float32)
        even[:rows, :columns] = sums
        sums = even
    return halve(sums)


def _weakest(cross: Floats, left: Floats, right: Floats, strongest: int) -> float:
    """Lowest correlation of any tile with enough energy."""
    tiles = cross / np.sqrt(left * right + _NOISE_ENERGY)
    energy = np.maximum(left, right)
    matters = energy > _SIGNIFICANT * np.sort(energy, axis=None)[-strongest:].mean()
    return float(tiles[matters].min()) if matters.any() else 0.0
