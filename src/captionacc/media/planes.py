"""Cutting a region out of decoded frames, plane by plane, without converting the frame."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np
from av.video.reformatter import ColorRange

from captionacc.model.geometry import PixelRect

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

    from captionacc.media.display import Display
    from captionacc.model.geometry import CropRegion

_PLANAR = re.compile(r"yuv[aj]?4(20|22|44)p(9le|10le|12le|14le|16le)?")
_SUBSAMPLING = {"20": (2, 2), "22": (2, 1), "44": (1, 1)}


@dataclass(frozen=True, slots=True)
class PlaneLayout:
    """How a pixel format that can be cut plane by plane stores its samples.

    Attributes:
        bits: Bits of a sample; more than 8 take two bytes.
        chroma_step: Luma pixels per chroma sample, across and down.
        interleaved: Whether both chroma components share one plane.
    """

    bits: int
    chroma_step: tuple[int, int]
    interleaved: bool = False


def is_full_range(frame: VideoFrame) -> bool:
    """Whether luma spans 0-255 instead of 16-235."""
    return frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG


def as_sliceable(frame: VideoFrame) -> tuple[VideoFrame, PlaneLayout]:
    """The frame and its layout; converted to yuv420p if its planes cannot be cut as they are."""
    layout = _plane_layout(frame.format.name)
    if layout is not None and all(plane.line_size > 0 for plane in frame.planes):
        return frame, layout
    converted = frame.reformat(format="yuv420p", dst_color_range=ColorRange.MPEG, threads=1)
    return converted, PlaneLayout(8, (2, 2))


@lru_cache(maxsize=64)
def _plane_layout(pixel_format: str) -> PlaneLayout | None:
    """The layout of a format by FFmpeg's name; None if it must be converted."""
    if pixel_format == "nv12":
        return PlaneLayout(8, (2, 2), interleaved=True)
    match = _PLANAR.fullmatch(pixel_format)
    if match is None:
        return None
    return PlaneLayout(int((match[2] or "8").removesuffix("le")), _SUBSAMPLING[match[1]])


class BandSlicer:
    """Cuts one crop region out of frames of one size and pixel format.

    Args:
        display: Geometry of the frames.
        region: What to cut, normalised in the display-oriented frame.
        size: (width, height) of the result in pixels, both even; by default the region's own.
        layout: How the frames store their samples.
        full_range: Whether the frames' luma spans 0-255; the result is always limited range.
    """

    def __init__(
        self,
        display: Display,
        region: CropRegion,
        size: tuple[int, int] | None,
        layout: PlaneLayout,
        *,
        full_range: bool,
    ) -> None:
        rect = region.to_pixels(display.width, display.height)
        self.width, self.height = size or (rect.width, rect.height)
        self._display = display
        self._layout = layout
        self._luma_rect = display.coded_rect(rect)
        self._chroma_rect = _subsampled(self._luma_rect, *layout.chroma_step)
        self._tables = _limiting_tables() if full_range else None

    def luma(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Luma of the region, (height, width) uint8, an own copy; see ``as_sliceable``."""
        part = self._cut(_plane(frame, 0, self._layout.bits), self._luma_rect)
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
        bits = self._layout.bits
        if self._layout.interleaved:
            pairs = _plane(frame, 1, bits)
            u, v = pairs[:, 0::2], pairs[:, 1::2]
        else:
            u, v = _plane(frame, 1, bits), _plane(frame, 2, bits)
        return self._cut(u, self._chroma_rect), self._cut(v, self._chroma_rect)

    def _cut(self, plane: NDArray[Any], rect: PixelRect) -> NDArray[np.uint8]:
        """A rectangle of a plane, eight bits a sample; the nominal levels stay what they are."""
        part = plane[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
        return (part >> (self._layout.bits - 8)).astype(np.uint8) if self._layout.bits > 8 else part  # noqa: PLR2004 - bits of a byte


def _plane(frame: VideoFrame, index: int, bits: int) -> NDArray[Any]:
    plane = frame.planes[index]
    sample_type = np.dtype(np.uint8 if bits == 8 else "<u2")  # noqa: PLR2004 - bits of a byte
    samples = np.frombuffer(cast("memoryview[int]", plane), sample_type)
    return samples.reshape(plane.height, plane.line_size // sample_type.itemsize)


def _subsampled(rect: PixelRect, across: int, down: int) -> PixelRect:
    return PixelRect(
        rect.x // across, rect.y // down, max(rect.width // across, 1), max(rect.height // down, 1)
    )


def _look_up(plane: NDArray[np.uint8], table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.LUT(plane, table).astype(np.uint8, copy=False)


def _limiting_tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Full to limited range (ITU-R BT.601): 0-255 to 16-235 for luma, to 16-240 for chroma."""
    full = np.arange(256, dtype=np.float64)
    luma = np.rint(16 + full * 219 / 255)
    chroma = np.rint(128 + (full - 128) * 224 / 255)
    return luma.astype(np.uint8), chroma.astype(np.uint8)


def shrink_i420(i420: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """A picture in I420 layout at most ``width`` pixels wide, aspect ratio kept; even sides.

    Args:
        i420: (h * 3 // 2, w) uint8.
        width: Even.
    """
    full_height, full_width = i420.shape[0] * 2 // 3, i420.shape[1]
    if full_width <= width:
        return i420
    height = max(round(full_height * width / full_width / 2) * 2, 2)
    small = np.empty((height * 3 // 2, width), np.uint8)
    _shrink(i420[:full_height], small[:height])
    # The two chroma planes follow each other, each half as wide and as high.
    before = i420[full_height:].reshape(2, full_height // 2, full_width // 2)
    after = small[height:].reshape(2, height // 2, width // 2)
    for source, target in zip(before, after, strict=True):
        _shrink(source, target)
    return small


def _shrink(plane: NDArray[np.uint8], target: NDArray[np.uint8]) -> None:
    """Fill ``target`` with the whole plane.

    Averaging areas takes five times as long as interpolation unless it halves exactly, and below
    a factor of two interpolation skips no pixel either.
    """
    while plane.shape[1] >= 2 * target.shape[1]:
        half = (plane.shape[1] // 2, plane.shape[0] // 2)
        plane = cv2.resize(plane, half, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    cv2.resize(plane, target.shape[::-1], dst=target, interpolation=cv2.INTER_LINEAR)
