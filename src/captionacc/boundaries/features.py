"""What the boundary search looks at: luma gradients of the caption band at a working scale.

The scale makes one caption line about :data:`captionacc.ocr.lines.LINE_PX` pixels high whatever
the video's size, so cost and thresholds do not depend on the resolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt

from captionacc.ocr.lines import shrink_factor

if TYPE_CHECKING:
    from captionacc.model.geometry import PixelRect

Image: TypeAlias = npt.NDArray[np.uint8]
Floats: TypeAlias = npt.NDArray[np.float32]

TILE = 16
"""Side of the tiles in which frames are compared: about one letter."""

FINE_TILE = 8
"""Side of the finer tiles: about one stroke, such as makes a question mark of a full stop."""

_STRIDE = 32
_MARGIN_ROWS = 10


@dataclass(frozen=True, slots=True)
class WorkingSize:
    """Size in pixels of the caption band at the working scale.

    Attributes:
        width: Of the band at this scale.
        height: Of the band at this scale.
        factor: Pixels of the video that make one pixel; whole, because that is fast.
    """

    width: int
    height: int
    factor: int

    @classmethod
    def of_band(cls, band: PixelRect, line_px: float) -> WorkingSize:
        """The working size of a ``band`` whose lines are ``line_px`` pixels high."""
        factor = shrink_factor(line_px)
        return cls(max(band.width // factor, 1), max(band.height // factor, 1), factor)

    @property
    def map_width(self) -> int:
        """Width for a text probability map of this size: the nearest that the detector takes."""
        return max(_STRIDE, round(self.width / _STRIDE) * _STRIDE)

    @property
    def map_rows(self) -> slice:
        """The rows to look for text in: all, but for a few of the margin that would cost much.

        The detector works on whole blocks of 32 rows.
        """
        excess = self.height % _STRIDE
        if self.height < _STRIDE or excess > _MARGIN_ROWS:
            return slice(0, self.height)
        return slice(excess // 2, self.height - (excess - excess // 2))

    def scaled(self, band: Image) -> Image:
        """``band`` ``(h, w[, 3])`` at this size."""
        whole = band[: self.height * self.factor, : self.width * self.factor]
        size = (self.width, self.height)
        return cast("Image", cv2.resize(whole, size, interpolation=cv2.INTER_AREA))


def pool(values: Floats, side: int = TILE) -> Floats:
    """Sums over tiles: ``(h, w)`` to ``(ceil(h / side), ceil(w / side))``."""
    height, width = values.shape
    rows, columns = -(-height // side), -(-width // side)
    if (height, width) != (rows * side, columns * side):
        whole = np.zeros((rows * side, columns * side), np.float32)
        whole[:height, :width] = values
        values = whole
    # OpenCV's mean of areas takes a third of the time of NumPy's sum over short axes.
    means = cv2.resize(values, (columns, rows), interpolation=cv2.INTER_AREA)
    return cast("Floats", means) * np.float32(side * side)


def halve(sums: Floats) -> Floats:
    """Sums over tiles of twice the side, from those of an even number of tiles each way."""
    rows, columns = sums.shape
    return sums.reshape(rows // 2, 2, columns // 2, 2).sum((1, 3))
