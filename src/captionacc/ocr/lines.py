"""Finding lines of text in an image and cutting them out."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import cv2
import numpy as np

from captionacc.ocr.detection import STRIDE, TextDetector, boxes_from_map

if TYPE_CHECKING:
    from captionacc.ocr.protocol import Image, LineRegion
    from captionacc.ocr.sessions import SessionOptions

MAX_SIDE_PX = 1280
"""Longer sides are scaled down to this for detection; below 960, single words get lost."""

_MAX_AREA_PX = 960 * 540
"""Whole frames are scaled down to this for detection: their captions are large enough."""

LINE_PX = 24
"""Height at which lines are found best, at little cost; those twice as high are overlooked more."""

_ROUND_UP = 0.6
_LEVEL_SLOPE = 0.02
_UPRIGHT_RATIO = 1.5


def shrink_factor(line_px: float) -> int:
    """By what whole number to shrink a picture whose lines are ``line_px`` pixels high.

    They come out 17 to 37 pixels high, or stay as small as they are.
    """
    return max(1, int(line_px / LINE_PX + _ROUND_UP))


class LineFinder:
    """Finds lines of any script. Safe to share by threads."""

    def __init__(
        self, options: SessionOptions | None = None, max_side_px: int = MAX_SIDE_PX
    ) -> None:
        self._detector = TextDetector(options)
        self._max_side_px = max_side_px

    def find_lines(self, image: Image) -> tuple[LineRegion, ...]:
        """Lines of text in a BGR image ``(h, w, 3)``, from top to bottom, unread.

        Raises:
            MissingDependencyError: the model or the device is missing.
        """
        if not image.size:
            return ()
        width = _detection_width(image, self._max_side_px)
        return boxes_from_map(self._detector.probability_map(image, width))


def _detection_width(image: Image, max_side_px: int) -> int:
    """Width for the detector, a multiple of the stride, within the limits of side and area."""
    height, width = image.shape[:2]
    scale = min(1.0, max_side_px / max(height, width), sqrt(_MAX_AREA_PX / (height * width)))
    return max(STRIDE, round(width * scale / STRIDE) * STRIDE)


def cut_line(image: Image, line: LineRegion) -> Image:
    """The image of one line found in BGR ``image`` ``(h, w, 3)``, made level.

    A line that stands upright (vertical writing) is turned by 90 degrees anticlockwise, as the
    recognition model expects.
    """
    corners = np.array(line.quad, np.float32) * (image.shape[1], image.shape[0])
    slope = abs(corners[1, 1] - corners[0, 1]) / max(float(corners[1, 0] - corners[0, 0]), 1.0)
    cut = _slice(image, line) if slope < _LEVEL_SLOPE else _warp(image, corners.astype(np.float32))
    return np.rot90(cut) if cut.shape[0] >= _UPRIGHT_RATIO * cut.shape[1] else cut


def _slice(image: Image, line: LineRegion) -> Image:
    height, width = image.shape[:2]
    top, left = int(line.top * height), int(line.left * width)
    bottom, right = -int(-line.bottom * height // 1), -int(-line.right * width // 1)
    return image[top : max(bottom, top + 1), left : max(right, left + 1)]


def _warp(image: Image, corners: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Image:
    width = max(1, round(float(np.linalg.norm(corners[1] - corners[0]))))
    height = max(1, round(float(np.linalg.norm(corners[3] - corners[0]))))
    level = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, level)
    cut = cv2.warpPerspective(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return cut.astype(np.uint8, copy=False)
