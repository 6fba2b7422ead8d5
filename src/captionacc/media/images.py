"""Still pictures: JPEG, thumbnails, and the per-pixel median of many."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from captionacc.errors import BadInputError, InternalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_MAX_NETWORK = 32
_STRIPE_BYTES = 2**20


def encode_jpeg(bgr: NDArray[np.uint8], quality: int = 90) -> bytes:
    """A picture as JPEG.

    Args:
        bgr: (H, W, 3) uint8.
        quality: 1-100.
    """
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise InternalError(f"A picture of shape {bgr.shape} could not be encoded as JPEG.")
    return data.tobytes()


def decode_jpeg(data: bytes) -> NDArray[np.uint8]:
    """A JPEG as (H, W, 3) BGR uint8.

    Raises:
        BadInputError: the bytes are no readable picture.
    """
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None:
        raise BadInputError("The picture cannot be read.", "Extract the frames again.")
    return image.astype(np.uint8, copy=False)


def thumbnail(bgr: NDArray[np.uint8], width: int = 160) -> NDArray[np.uint8]:
    """The picture at ``width`` pixels, aspect ratio kept; never enlarged."""
    height, full_width = bgr.shape[:2]
    if full_width <= width:
        return bgr
    size = (width, max(round(height * width / full_width), 1))
    return cv2.resize(bgr, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def median_image(frames: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Per-pixel median; of an even number of frames the lower of the two middle values.

    Works in stripes of rows, so beside the frames and the result it holds about a megabyte.
    Up to 32 frames go through a sorting network of vectorised minima and maxima.

    Args:
        frames: At least one; equal shapes, (H, W) or (H, W, C) uint8.

    Raises:
        ValueError: no frames, or their shapes differ.
    """
    if len({frame.shape for frame in frames}) != 1:
        raise ValueError("a median needs frames of one shape")
    result = np.empty_like(frames[0])
    row_bytes = max(frames[0][:1].nbytes * len(frames), 1)
    rows = max(_STRIPE_BYTES // row_bytes, 1)
    for top in range(0, result.shape[0], rows):
        stripe = slice(top, top + rows)
        result[stripe] = _median_stripe([frame[stripe] for frame in frames])
    return result


def _median_stripe(parts: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    middle = (len(parts) - 1) // 2
    if len(parts) > _MAX_NETWORK:
        return np.partition(np.stack(parts), middle, axis=0)[middle]
    lanes = list(parts)
    for low, high, keeps_low, keeps_high in _selection_network(len(parts), middle):
        a, b = lanes[low], lanes[high]
        if keeps_low:
            lanes[low] = np.minimum(a, b)
        if keeps_high:
            lanes[high] = np.maximum(a, b)
    return lanes[middle]


@lru_cache(maxsize=64)
def _selection_network(size: int, wanted: int) -> tuple[tuple[int, int, bool, bool], ...]:
    """Comparators that bring the ``wanted``-th smallest of ``size`` values to its place.

    Batcher's odd-even merge sort (1968) without the comparators and halves of comparators that
    do not reach the wanted lane.

    Returns:
        (low lane, high lane, minimum needed, maximum needed) in order.
    """
    needed = {wanted}
    kept: list[tuple[int, int, bool, bool]] = []
    for low, high in reversed(_odd_even_merge_sort(size)):
        if low in needed or high in needed:
            kept.append((low, high, low in needed, high in needed))
            needed |= {low, high}
    return tuple(reversed(kept))


def _odd_even_merge_sort(size: int) -> list[tuple[int, int]]:
    comparators: list[tuple[int, int]] = []
    block = 1
    while block < size:
        step = block
        while step >= 1:
            for start in range(step % block, size - step, 2 * step):
                comparators += [
                    (lane, lane + step)
                    for lane in range(start, min(start + step, size - step))
                    if lane // (2 * block) == (lane + step) // (2 * block)
                ]
            step //= 2
        block *= 2
    return comparators
