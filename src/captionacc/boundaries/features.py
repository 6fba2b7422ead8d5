"""What the boundary search looks at: luma gradients of the caption band at a working scale.

The scale makes one caption line about :data:`LINE_PX` pixels high whatever the video's size, so
cost and thresholds do not depend on the resolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from captionacc.model.geometry import PixelRect

Image: TypeAlias = npt.NDArray[np.uint8]
Floats: TypeAlias = npt.NDArray[np.float32]

LINE_PX = 24
"""Height of a caption line's box at the working scale: the detector reads it, and it is cheap."""

TILE = 16
"""Side of the tiles in which frames are compared: about one letter."""

FINE_TILE = 8
"""Side of the finer tiles: about one stroke, such as makes a question mark of a full stop."""

_STRIDE = 32


@dataclass(frozen=True, slots=True)
class WorkingSize:
    """Size in pixels of the caption band at the working scale; the width is a multiple of 32."""

    width: int
    height: int

    @classmethod
    def of_band(cls, band: PixelRect, line_px: float) -> WorkingSize:
        """The working size of a ``band`` whose lines are ``line_px`` pixels high."""
        scale = min(1.0, LINE_PX / max(line_px, 1.0))
        width = max(_STRIDE, round(band.width * scale / _STRIDE) * _STRIDE)
        return cls(width, max(TILE, round(band.height * width / band.width)))

    def scaled(self, band: Image) -> Image:
        """``band`` ``(h, w[, 3])`` at this size."""
        method = cv2.INTER_AREA if self.width < band.shape[1] else cv2.INTER_LINEAR
        return cast("Image", cv2.resize(band, (self.width, self.height), interpolation=method))


def pool(values: Floats, side: int = TILE) -> Floats:
    """Sums over tiles: ``(h, w)`` to ``(ceil(h / side), ceil(w / side))``."""
    height, width = values.shape
    padded = np.pad(values, ((0, -height % side), (0, -width % side)))
    rows, columns = padded.shape[0] // side, padded.shape[1] // side
    return padded.reshape(rows, side, columns, side).sum((1, 3))


def halve(sums: Floats) -> Floats:
    """Sums over tiles of twice the side, from those of an even number of tiles each way."""
    rows, columns = sums.shape
    return sums.reshape(rows // 2, 2, columns // 2, 2).sum((1, 3))
