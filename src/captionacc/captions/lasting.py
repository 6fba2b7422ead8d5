"""Erases what stands in the picture with and without the caption, such as a watermark under it.

Strokes that keep their gradient while the picture behind them changes are lasting; where a
picture still shows them, they are painted over from their surroundings (*An Image Inpainting
Technique Based on the Fast Marching Method*, Telea, 2004). Strokes of a caption that cross them
stay, because there the gradient is another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.ocr.protocol import Image

Field: TypeAlias = npt.NDArray[np.float32]
"""Gradients ``(2, h, w)``: x, then y, by the Sobel operator."""

Mask: TypeAlias = npt.NDArray[np.uint8]
"""``(h, w)``, 1 or 0."""

_COHERENT: Final = 0.6
"""Share of the gradients' energy that repeats, from which a stroke is lasting."""

_STROKE: Final = 40.0
_CAPTION_STROKE: Final = 150.0
_CHANGED: Final = 0.5
_RADIUS: Final = 3


def gradient_field(luma: Image) -> Field:
    """Sobel gradients of ``luma`` ``(h, w)``."""
    field = np.empty((2, *luma.shape), np.float32)
    cv2.Sobel(luma, cv2.CV_32F, 1, 0, dst=field[0])
    cv2.Sobel(luma, cv2.CV_32F, 0, 1, dst=field[1])
    return field


def energy_of(field: Field) -> Field:
    """Squared length of each gradient, ``(h, w)``."""
    return np.einsum("cij,cij->ij", field, field)


def lasting_field(total: Field, energy: Field, count: float) -> Field:
    """The gradients that stand in pictures of the band.

    Args:
        total: Sum of the pictures' gradient fields.
        energy: Sum of their energies, ``(h, w)``.
        count: Number of pictures; a fraction where older ones count less.

    Returns:
        Their mean gradients where they repeat, zero elsewhere.
    """
    mean = total / np.float32(count)
    power = energy_of(mean)
    stands = (power > _COHERENT * energy / count) & (power > _STROKE**2)
    return mean * stands


def standing(lasting: Field, field: Field, reach: int) -> Mask:
    """Where a picture with gradients ``field`` still shows the ``lasting`` strokes.

    ``reach`` is the width in pixels by which the strokes are widened to cover their edges.
    """
    energy, power = energy_of(field), energy_of(lasting)
    changed = energy_of(field - lasting) > _CHANGED * np.maximum(energy, power)
    stands = _widened((power > 0) & ~changed, reach)
    caption = (changed & (energy > _CAPTION_STROKE**2)).astype(np.uint8)
    solid = cast("Mask", cv2.morphologyEx(caption, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)))
    return stands & (1 - _widened(solid, reach // 2 + 1))


def erase(picture: Image, mask: Mask) -> Image:
    """``picture`` ``(h, w[, 3])`` with what ``mask`` ``(h, w)`` covers painted over."""
    return cast("Image", cv2.inpaint(picture, mask, _RADIUS, cv2.INPAINT_TELEA))


def without_lasting(picture: Image, groups: Sequence[Sequence[Image]], reach: int = 5) -> Image:
    """A BGR ``picture`` of a caption without what pictures that do not show it show as well.

    Args:
        picture: ``(h, w, 3)``.
        groups: Pictures of the band without the caption, of the same shape. What repeats in any
            group is lasting; a group of fewer than two tells nothing. The more the pictures of a
            group differ otherwise, the better.
        reach: Width of strokes' edges in pixels.
    """
    field = gradient_field(_luma(picture))
    mask = np.zeros(picture.shape[:2], np.uint8)
    for group in groups:
        if len(group) > 1:
            mask |= standing(_lasting_in(group), field, reach)
    return erase(picture, mask) if mask.any() else picture


def _lasting_in(pictures: Sequence[Image]) -> Field:
    fields = np.stack([gradient_field(_luma(picture)) for picture in pictures])
    energy = np.einsum("ncij,ncij->ij", fields, fields)
    return lasting_field(fields.sum(axis=0), energy, len(fields))


def _luma(picture: Image) -> Image:
    return cast("Image", cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))


def _widened(mask: npt.NDArray[np.uint8] | npt.NDArray[np.bool_], width: int) -> Mask:
    return cast("Mask", cv2.dilate(mask.astype(np.uint8), np.ones((width, width), np.uint8)))
