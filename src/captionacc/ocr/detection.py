"""Where text is: the text probability map of the detection model, and the lines in it.

The model is the detector of PP-OCRv6 (small), which follows *Real-time Scene Text Detection with
Differentiable Binarization* (Liao et al., AAAI 2020). It finds text of any script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from captionacc.ocr.models import DETECTION_MODEL, model_path
from captionacc.ocr.protocol import LineRegion
from captionacc.ocr.sessions import SessionOptions, load_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.ocr.protocol import FloatMap, Image, Point, Quad

STRIDE = 32
"""The model needs sides that are multiples of this."""

_TEXT_THRESHOLD = 0.3
_LINE_THRESHOLD = 0.5
_UNCLIP_RATIO = 1.6
_MIN_SIDE_PX = 3
_MAX_LINES = 1000
_DILATION = np.ones((2, 2), np.uint8)


class TextDetector:
    """Computes text probability maps. Loads its model on first use; safe to share by threads."""

    def __init__(self, options: SessionOptions | None = None) -> None:
        self._options = options or SessionOptions()

    def probability_map(self, strip: Image, width: int) -> FloatMap:
        """How likely each point of ``strip`` is to be text.

        Args:
            strip: BGR ``(h, w, 3)`` or luma ``(h, w)``, not empty.
            width: Width of the map in pixels, a multiple of 32; more finds smaller text and
                costs in proportion.

        Returns:
            ``(round(h * width / w), width)``, at least one row, values 0-1; point (x, y) of the
            map is point (x * w / width, y * w / width) of the strip.

        Raises:
            ValueError: ``width`` is not a positive multiple of 32.
            MissingDependencyError: the model or the device is missing.
        """
        return self.probability_maps([strip], width)[0]

    def probability_maps(self, strips: Sequence[Image], width: int) -> FloatMap:
        """:meth:`probability_map` of several strips of one shape in one inference.

        Returns:
            ``(n, round(h * width / w), width)``.

        Raises:
            ValueError: no strips, strips of different shapes, or a ``width`` that does not fit.
        """
        if width <= 0 or width % STRIDE:
            raise ValueError(f"the width of a probability map is a multiple of {STRIDE}: {width}")
        if len({strip.shape for strip in strips}) != 1:
            raise ValueError("probability maps need at least one strip, all of one shape")
        height, full_width = strips[0].shape[:2]
        scaled = max(1, round(height * width / full_width))
        batch = np.stack([_normalised(strip, width, scaled) for strip in strips])
        maps = load_session(model_path(DETECTION_MODEL), self._options).run(batch)
        return maps[:, 0, :scaled]


def _normalised(image: Image, width: int, height: int) -> FloatMap:
    """``(3, height rounded up to the stride, width)`` with values -1 to 1, as the model wants."""
    shrinking = width < image.shape[1]
    resized = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    )
    padded = cv2.copyMakeBorder(resized, 0, -height % STRIDE, 0, 0, cv2.BORDER_REPLICATE)
    planes = padded if padded.ndim == 3 else np.repeat(padded[..., None], 3, axis=2)  # noqa: PLR2004
    values = planes.transpose(2, 0, 1).astype(np.float32)
    values *= 2 / 255
    values -= 1
    return values


def boxes_from_map(probabilities: FloatMap) -> tuple[LineRegion, ...]:
    """The lines of text in a probability map ``(h, w)``, from top to bottom.

    Each connected area becomes the smallest tilted rectangle around it, which is then widened,
    because the model marks the core of a line only. Coordinates are normalised 0-1 in the map.
    """
    height, width = probabilities.shape
    mask = cv2.dilate((probabilities > _TEXT_THRESHOLD).astype(np.uint8), _DILATION)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = (_line_of(contour, probabilities) for contour in contours[:_MAX_LINES])
    lines = [_region(corners, score, width, height) for corners, score in filter(None, found)]
    return tuple(sorted(lines, key=lambda line: (line.top, line.left)))


def _line_of(contour: cv2.typing.MatLike, probabilities: FloatMap) -> tuple[FloatMap, float] | None:
    """Corners ``(4, 2)`` in map pixels and score, or None where it is too small or too faint."""
    center, size, angle = cv2.minAreaRect(contour)
    if min(size) < _MIN_SIDE_PX:
        return None
    score = _mean_inside(cv2.boxPoints((center, size, angle)), probabilities)
    if score < _LINE_THRESHOLD:
        return None
    margin = _UNCLIP_RATIO * size[0] * size[1] / (size[0] + size[1])
    widened = (size[0] + margin, size[1] + margin)
    return cv2.boxPoints((center, widened, angle)).astype(np.float32), score


def _mean_inside(corners: cv2.typing.MatLike, probabilities: FloatMap) -> float:
    x, y, width, height = cv2.boundingRect(corners)
    x, y = max(x, 0), max(y, 0)
    patch = probabilities[y : y + height, x : x + width]
    inside = np.zeros(patch.shape, np.uint8)
    cv2.fillPoly(inside, [np.round(corners - (x, y)).astype(np.int32)], (1,))
    return float(cv2.mean(patch, inside)[0])


def _region(corners: FloatMap, score: float, width: int, height: int) -> LineRegion:
    scaled = np.clip(corners / np.array([width, height], np.float32), 0, 1)
    (left, top), (right, bottom) = scaled.min(axis=0), scaled.max(axis=0)
    return LineRegion(
        float(left), float(top), float(right), float(bottom), _clockwise(scaled), score
    )


def _clockwise(corners: FloatMap) -> Quad:
    """Top left, top right, bottom right, bottom left of any four corners of a rectangle."""
    by_x = sorted(cast("list[Point]", [tuple(map(float, corner)) for corner in corners]))
    top_left, bottom_left = sorted(by_x[:2], key=lambda point: point[1])
    top_right, bottom_right = sorted(by_x[2:], key=lambda point: point[1])
    return top_left, top_right, bottom_right, bottom_left
