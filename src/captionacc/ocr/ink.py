"""Caption lines as Tesseract wants them: dark letters on a clean white page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from captionacc.ocr.protocol import Image

HEIGHT_PX = 48
_MARGIN_PX = 12
_MAX_WIDTH_PX = 3200  # no line of a caption is longer for its height; what is, gets squeezed
_WHITE = 255
_FILL_DISTANCE = 100
_EDGE_SHARE = 0.2
_FEWEST_PIXELS = 20

_Mask = npt.NDArray[np.bool_]


def ink_on_paper(line: Image) -> npt.NDArray[np.uint8]:
    """The light letters of a BGR line image ``(h, w, 3)`` as dark ink on white paper.

    Letters of captions have one colour, and their backgrounds do not: darkness is nearness to the
    colour of the lightest areas that stand free of the image's edges. What touches an edge is
    background, however light. For dark letters, pass the inverted image.

    Returns:
        Grey ``(72, w')``, the line 48 pixels high inside a white margin.
    """
    scale = HEIGHT_PX / line.shape[0]
    width = min(max(1, round(line.shape[1] * scale)), _MAX_WIDTH_PX)
    image = cv2.resize(line, (width, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
    distance = np.abs(image.astype(np.float32) - _fill_colour(image.astype(np.uint8))).max(axis=2)
    near = distance < _FILL_DISTANCE
    distance[near & ~_free_of_edges(near)] = _FILL_DISTANCE
    paper = np.minimum(distance * (_WHITE / _FILL_DISTANCE), _WHITE).astype(np.uint8)
    return np.pad(paper, _MARGIN_PX, constant_values=_WHITE)


def _fill_colour(image: Image) -> npt.NDArray[np.float32]:
    """Median BGR colour of the lightest areas, those free of the edges if there are any."""
    lightest = _lightest(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint8))
    free = _free_of_edges(lightest)
    chosen = free if np.count_nonzero(free) >= _FEWEST_PIXELS else lightest
    return np.median(image[chosen], axis=0).astype(np.float32)


def _lightest(grey: Image) -> _Mask:
    """Two thresholds after Otsu (1979): the lighter part of the lighter part, never empty."""
    lower, _ = cv2.threshold(grey, 0, _WHITE, cv2.THRESH_OTSU)
    light = grey[grey > lower]
    if not light.size:
        return grey == grey.max()
    upper, _ = cv2.threshold(light.reshape(-1, 1), 0, _WHITE, cv2.THRESH_OTSU)
    chosen = grey > upper
    return chosen if chosen.any() else grey == grey.max()


def _free_of_edges(mask: _Mask) -> _Mask:
    """``mask`` without the areas that reach the upper or lower edge, or far along a side edge."""
    height, width = mask.shape
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    x, y, w, h = stats[:, :4].T
    beside = ((x == 0) | (x + w == width)) & (w > _EDGE_SHARE * height)
    free = ~((y == 0) | (y + h == height) | beside)
    free[0] = False  # label 0 is everything outside the mask
    return free[labels]
