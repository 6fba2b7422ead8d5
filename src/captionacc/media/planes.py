"""Cutting a region out of decoded frames, plane by plane, without converting the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
from av.video.reformatter import ColorRange

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

    from captionacc.media.display import Display
    from captionacc.model.geometry import CropRegion, PixelRect

_PLANAR = ("yuv420p", "yuvj420p")
_SLICEABLE = (*_PLANAR, "nv12")


def is_full_range(frame: VideoFrame) -> bool:
    """Whether luma spans 0-255 instead of 16-235."""
    return frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG


def as_sliceable(frame: VideoFrame) -> VideoFrame:
    """The frame itself if its planes can be cut as they are, else converted to yuv420p."""
    if frame.format.name in _SLICEABLE and all(p.line_size > 0 for p in frame.planes):
        return frame
    return frame.reformat(format="yuv420p", dst_color_range=ColorRange.MPEG, threads=1)


class BandSlicer:
    """Cuts one crop region out of frames of one size and pixel format.

    Args:
        display: Geometry of the frames.
        region: What to cut, normalised in the display-oriented frame.
        size: (width, height) of the result in pixels, both even; by default the region's own.
        full_range: Whether the frames' luma spans 0-255; the result is always limited range.
    """

    def __init__(
        self,
        display: Display,
        region: CropRegion,
        size: tuple[int, int] | None,
        *,
        full_range: bool,
    ) -> None:
        rect = region.to_pixels(display.width, display.height)
        self.width, self.height = size or (rect.width, rect.height)
        self._display = display
        self._luma_rect = display.coded_rect(rect)
        self._chroma_rect = display.coded_rect(rect, 2)
        self._tables = _limiting_tables() if full_range else None

    def luma(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Luma of the region, (height, width) uint8, an own copy; see ``as_sliceable``."""
        part = _cut(_plane(frame, 0), self._luma_rect)
        luma = self._display.orient(part, self.width, self.height)
        return luma if self._tables is None else _look_up(luma, self._tables[0])

    def i420(self, frame: VideoFrame, luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The region in I420 layout, (height * 3 // 2, width) uint8, limited range.

        Args:
            frame: The frame that ``luma`` was cut from.
            luma: Result of ``luma`` for the frame; copied into the upper two thirds.
        """
        result = np.empty((self.height * 3 // 2, self.width), np.uint8)
        result[: self.height] = luma
        quarter = (self.height // 2) * (self.width // 2)
        chroma = result[self.height :].reshape(-1)
        for position, part in enumerate(self._chroma(frame)):
            plane = self._display.orient(part, self.width // 2, self.height // 2)
            if self._tables is not None:
                plane = _look_up(plane, self._tables[1])
            chroma[position * quarter : (position + 1) * quarter] = plane.reshape(-1)
        return result

    def _chroma(self, frame: VideoFrame) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        if frame.format.name in _PLANAR:
            return (
                _cut(_plane(frame, 1), self._chroma_rect),
                _cut(_plane(frame, 2), self._chroma_rect),
            )
        pairs = _plane(frame, 1)
        return (
            _cut(pairs[:, 0::2], self._chroma_rect),
            _cut(pairs[:, 1::2], self._chroma_rect),
        )


def _plane(frame: VideoFrame, index: int) -> NDArray[np.uint8]:
    plane = frame.planes[index]
    rows = np.frombuffer(cast("memoryview[int]", plane), np.uint8)
    return rows.reshape(plane.height, plane.line_size)


def _cut(plane: NDArray[np.uint8], rect: PixelRect) -> NDArray[np.uint8]:
    return plane[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]


def _look_up(plane: NDArray[np.uint8], table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.LUT(plane, table).astype(np.uint8, copy=False)


def _limiting_tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Full to limited range (ITU-R BT.601): 0-255 to 16-235 for luma, to 16-240 for chroma."""
    full = np.arange(256, dtype=np.float64)
    luma = np.rint(16 + full * 219 / 255)
    chroma = np.rint(128 + (full - 128) * 224 / 255)
    return luma.astype(np.uint8), chroma.astype(np.uint8)
