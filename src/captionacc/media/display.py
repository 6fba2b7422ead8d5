"""From coded frames to display-oriented ones: display matrix and sample aspect ratio."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
from av.sidedata.sidedata import Type

from captionacc.model.geometry import PixelRect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from av.sidedata.sidedata import SideData
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

_ROTATE_CODES = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
_PLAUSIBLE_SAR = (Fraction(1, 8), Fraction(8))
_MATRIX_ENTRIES = 9


@dataclass(frozen=True, slots=True)
class Display:
    """How a coded frame becomes the picture that a player shows.

    The coded frame is mirrored, stretched to square pixels, then rotated clockwise.

    Attributes:
        coded_width: Width of the decoded frame in pixels.
        coded_height: Height of the decoded frame in pixels.
        rotation: Clockwise degrees: 0, 90, 180 or 270.
        mirrored: Whether left and right change places before the rotation.
        sar: Width of a coded pixel over its height.
    """

    coded_width: int
    coded_height: int
    rotation: int = 0
    mirrored: bool = False
    sar: Fraction = Fraction(1)

    @classmethod
    def of(cls, frame: VideoFrame, stream: VideoStream) -> Display:
        """The display geometry of a decoded frame.

        Ask once per video and use ``resized`` for its other frames: a frame whose display matrix
        was read stays in memory until the garbage collector runs.
        """
        rotation, mirrored = _orientation(frame)
        return cls(frame.width, frame.height, rotation, mirrored, _plausible_sar(stream))

    def resized(self, frame: VideoFrame) -> Display:
        """The same orientation and pixel shape for another frame of the video."""
        return replace(self, coded_width=frame.width, coded_height=frame.height)

    @property
    def width(self) -> int:
        """Display width in pixels."""
        return self._square_size()[1 if self._is_turned else 0]

    @property
    def height(self) -> int:
        """Display height in pixels."""
        return self._square_size()[0 if self._is_turned else 1]

    @property
    def has_square_pixels(self) -> bool:
        """Whether the coded pixels need no stretching."""
        return self.sar == 1

    @property
    def is_upright(self) -> bool:
        """Whether the coded frame is displayed just as it is."""
        return self.has_square_pixels and not self.rotation and not self.mirrored

    def coded_rect(self, rect: PixelRect) -> PixelRect:
        """Where a display rectangle lies in the coded frame.

        With non-square pixels the edges are the nearest whole ones.
        """
        square_width, square_height = self._square_size()
        part = _unrotate(rect, self.rotation, square_width, square_height)
        if self.mirrored:
            part = PixelRect(square_width - part.x - part.width, part.y, part.width, part.height)
        if self.has_square_pixels:
            return part
        x, width = _rescale(part.x, part.width, square_width, self.coded_width)
        y, height = _rescale(part.y, part.height, square_height, self.coded_height)
        return PixelRect(x, y, width, height)

    def orient(self, image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
        """A part of the coded frame as displayed: an own, contiguous copy.

        Args:
            image: (h, w) or (h, w, 3) part of the coded frame, or of one of its planes.
            width: Width of the result in pixels.
            height: Height of the result in pixels.

        Returns:
            (height, width) or (height, width, 3), display-oriented.
        """
        unturned = (height, width) if self._is_turned else (width, height)
        if (image.shape[1], image.shape[0]) != unturned:
            image = cv2.resize(image, unturned, interpolation=cv2.INTER_LINEAR).astype(
                np.uint8, copy=False
            )
        if self.mirrored:
            image = image[:, ::-1]
        if self.rotation:
            image = cv2.rotate(np.ascontiguousarray(image), _ROTATE_CODES[self.rotation]).astype(
                np.uint8, copy=False
            )
        return np.array(image, order="C") if image.base is not None else image

    @property
    def _is_turned(self) -> bool:
        return self.rotation in (90, 270)

    def _square_size(self) -> tuple[int, int]:
        """Width and height before rotation; stretched, never shrunk."""
        if self.sar >= 1:
            return round(self.coded_width * self.sar), self.coded_height
        return self.coded_width, round(self.coded_height / self.sar)


def _rescale(start: int, length: int, square_size: int, coded_size: int) -> tuple[int, int]:
    low = min(round(start * coded_size / square_size), coded_size - 1)
    high = min(round((start + length) * coded_size / square_size), coded_size)
    return low, max(high - low, 1)


def _unrotate(rect: PixelRect, rotation: int, width: int, height: int) -> PixelRect:
    """Undo a clockwise rotation of a frame that was ``width`` x ``height`` before it."""
    far_x, far_y = rect.x + rect.width, rect.y + rect.height
    if rotation == 90:  # noqa: PLR2004 - the angles are the cases
        return PixelRect(rect.y, height - far_x, rect.height, rect.width)
    if rotation == 180:  # noqa: PLR2004
        return PixelRect(width - far_x, height - far_y, rect.width, rect.height)
    if rotation == 270:  # noqa: PLR2004
        return PixelRect(width - far_y, rect.x, rect.height, rect.width)
    return rect


def _orientation(frame: VideoFrame) -> tuple[int, bool]:
    """Clockwise rotation (multiple of 90) and mirroring from a frame's display matrix."""
    side_data = cast("Mapping[Type, SideData]", frame.side_data).get(Type.DISPLAYMATRIX)
    if side_data is None:
        return 0, False
    matrix = np.frombuffer(bytes(side_data), dtype=np.int32)
    if matrix.size < _MATRIX_ENTRIES:
        return 0, False
    a, b, c, d = (float(matrix[i]) for i in (0, 1, 3, 4))
    mirrored = a * d - b * c < 0
    sign = -1 if mirrored else 1
    degrees = math.degrees(math.atan2(sign * b, sign * a))
    return round(degrees / 90) * 90 % 360, mirrored


def _plausible_sar(stream: VideoStream) -> Fraction:
    sar = stream.sample_aspect_ratio
    low, high = _PLAUSIBLE_SAR
    return sar if sar is not None and low <= sar <= high else Fraction(1)
