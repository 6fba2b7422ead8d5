"""What every OCR engine offers, whatever stands behind it.

How to add an engine:

1. Write one module here with a frozen class that has the members of :class:`OcrEngine`. Import
   its library inside the constructor, and raise ``MissingDependencyError`` with the command that
   installs it when it is absent: an engine that nobody asked for must cost nothing.
2. Engines without a detector of their own take their lines from
   :class:`captionacc.ocr.detection.TextDetector`, which finds text of any script.
3. Add it to :mod:`captionacc.ocr.factory`, and to ``tests/unit/ocr/test_engines.py``, which runs
   every engine through the same behaviours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.model.geometry import OcrBox

Image: TypeAlias = npt.NDArray[np.uint8]
"""``(height, width, 3)`` BGR, or ``(height, width)`` luma where a function says so."""

FloatMap: TypeAlias = npt.NDArray[np.float32]

Point: TypeAlias = tuple[float, float]
Quad: TypeAlias = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class LineRegion:
    """Where one line of text is, unread. Normalised 0-1 in the image given to the engine.

    Attributes:
        quad: Corners of the tilted rectangle: top left, top right, bottom right, bottom left.
        score: Mean text probability inside, 0-1.
    """

    left: float
    top: float
    right: float
    bottom: float
    quad: Quad
    score: float


class OcrEngine(Protocol):
    """Finds and reads lines of text in images."""

    @property
    def name(self) -> str:
        """Name on the command line and in results."""
        ...

    def missing_characters(self, text: str) -> str:
        """The distinct characters of ``text`` that this engine can never write, in order.

        White space counts as writable.
        """
        ...

    def find_lines(self, image: Image) -> tuple[LineRegion, ...]:
        """Lines of text in a BGR image ``(height, width, 3)``, from top to bottom, unread."""
        ...

    def recognize(self, images: Sequence[Image]) -> list[tuple[str, float]]:
        """Read images that each hold one line and little else (BGR ``(height, width, 3)``).

        Returns:
            Text and confidence 0-1 of each image, in order; ``("", 0.0)`` where nothing is legible.
        """
        ...

    def read(self, image: Image) -> tuple[OcrBox, ...]:
        """Find and read the lines of a BGR image ``(height, width, 3)``, from top to bottom.

        Boxes are normalised 0-1 in ``image``. Lines of low confidence are included.
        """
        ...
