"""Frames as I420 planes, and bitmaps that are blended into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[np.uint8]
Layer: TypeAlias = NDArray[np.float32]

# ITU-R BT.601, limited range: Y, U, V from R, G, B in 0-255, without the offsets.
_RGB_TO_YUV = np.array(
    [[0.257, 0.504, 0.098], [-0.148, -0.291, 0.439], [0.439, -0.368, -0.071]], np.float32
)
_OFFSETS = np.array([16.0, 128.0, 128.0], np.float32)


class Frame:
    """One frame of ``width`` x ``height`` pixels; ``y``, ``u``, ``v`` are views of one buffer."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        luma, chroma = width * height, width * height // 4
        self.buffer: Plane = np.empty(luma + 2 * chroma, np.uint8)
        half = (height // 2, width // 2)
        self.y = self.buffer[:luma].reshape(height, width)
        self.u = self.buffer[luma : luma + chroma].reshape(half)
        self.v = self.buffer[luma + chroma :].reshape(half)

    @property
    def planes(self) -> tuple[Plane, Plane, Plane]:
        """Luma and both chroma planes."""
        return self.y, self.u, self.v


@dataclass(frozen=True, slots=True, eq=False)
class Bitmap:
    """A premultiplied picture: its planes already carry the opacity.

    Attributes:
        planes: Luma (height, width) and both chroma planes (height / 2, width / 2).
        alphas: Opacity 0-1 for luma, and for chroma.
    """

    planes: tuple[Layer, Layer, Layer]
    alphas: tuple[Layer, Layer, Layer]

    @property
    def width(self) -> int:
        """Width in pixels, even."""
        return self.planes[0].shape[1]

    @property
    def height(self) -> int:
        """Height in pixels, even."""
        return self.planes[0].shape[0]

    @classmethod
    def from_layers(cls, layers: list[tuple[Layer, tuple[int, int, int]]]) -> Bitmap:
        """Stack ``(opacity mask, RGB)`` layers, the lowest first; odd sizes grow by a pixel."""
        height, width = layers[0][0].shape
        pad = ((0, height % 2), (0, width % 2))
        alpha: Layer = np.zeros((height + height % 2, width + width % 2), np.float32)
        colour: Layer = np.zeros((*alpha.shape, 3), np.float32)
        for mask, rgb in layers:
            cover = np.pad(mask, pad)
            colour += cover[..., None] * (np.array(rgb, np.float32) - colour)
            alpha += cover * (1 - alpha)
        yuv = np.asarray(colour @ _RGB_TO_YUV.T + alpha[..., None] * _OFFSETS, np.float32)
        small = _halved(alpha)
        planes = (yuv[..., 0].copy(), _halved(yuv[..., 1]), _halved(yuv[..., 2]))
        return cls(planes, (alpha, small, small))


def blend(frame: Frame, bitmap: Bitmap, x: int, y: int, opacity: float = 1.0) -> None:
    """Draw ``bitmap`` with its corner at ``(x, y)``, made even, clipped to the frame."""
    x, y = x - x % 2, y - y % 2
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + bitmap.width, frame.width), min(y + bitmap.height, frame.height)
    if opacity <= 0 or left >= right or top >= bottom:
        return
    for level, target in enumerate(frame.planes):
        step = 2 if level else 1
        to = (slice(top // step, bottom // step), slice(left // step, right // step))
        of = (
            slice((top - y) // step, (bottom - y) // step),
            slice((left - x) // step, (right - x) // step),
        )
        below = target[to] * (1 - opacity * bitmap.alphas[level][of])
        target[to] = np.rint(below + opacity * bitmap.planes[level][of]).astype(np.uint8)


def _halved(layer: Layer) -> Layer:
    size = (layer.shape[1] // 2, layer.shape[0] // 2)
    return np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_AREA), np.float32)
