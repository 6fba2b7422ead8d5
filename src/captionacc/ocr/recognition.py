"""What a line says: the recognition model over line images, decoded into text.

The model is the recogniser of PP-OCRv6 (small). It gives, for each column of the line, the
probability of each character; *Connectionist Temporal Classification* (Graves et al., ICML 2006)
turns the best ones into text: repeats are merged, blanks dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from captionacc.ocr.models import RECOGNITION_MODEL, model_path
from captionacc.ocr.sessions import InferenceSession, SessionOptions, batch_factor, load_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from captionacc.ocr.protocol import FloatMap, Image

_HEIGHT = 48
_MIN_WIDTH = 320
_WIDTH_STEP = 32
_MAX_WIDTH = 3200  # no line of a caption is longer for its height; what is, gets squeezed
_MAX_BATCH_COLUMNS = 640  # more lines at once take a CPU longer for each, and more memory
_BLANK = 0
_SPACE = -1
_LIKELY_SPACE = 0.2


@dataclass(frozen=True, slots=True)
class Character:
    """One recognised character: its probability 0-1, and its place 0-1 across the line image."""

    text: str
    probability: float
    place: float


class LineRecognizer:
    """Reads line images. Loads its model on first use; safe to share by threads."""

    def __init__(self, options: SessionOptions | None = None) -> None:
        self._options = options or SessionOptions()

    @property
    def _session(self) -> InferenceSession:
        return load_session(model_path(RECOGNITION_MODEL), self._options)

    @cached_property
    def characters(self) -> tuple[str, ...]:
        """The model's dictionary, as its file says; index 0 is the blank, the last is a space."""
        return ("", *self._session.metadata["character"].splitlines(), " ")

    @cached_property
    def alphabet(self) -> frozenset[str]:
        """Every character that can appear in a result."""
        return frozenset(self.characters) - {""}

    def recognize(self, images: Sequence[Image]) -> list[tuple[str, float]]:
        """Text and confidence 0-1 of each line image (BGR ``(h, w, 3)``, upright), in order.

        Confidence is the mean probability of the characters; ``("", 0.0)`` where there is none.

        Raises:
            MissingDependencyError: the model or the device is missing.
        """
        return [_joined(characters) for characters in self.spell(images)]

    def spell(self, images: Sequence[Image]) -> list[tuple[Character, ...]]:
        """The characters of each line image (BGR ``(h, w, 3)``, upright), left to right.

        Raises:
            MissingDependencyError: the model or the device is missing.
        """
        results: list[tuple[Character, ...]] = [()] * len(images)
        most_columns = _MAX_BATCH_COLUMNS * batch_factor(self._options)
        for indexes, width in _batches(images, most_columns):
            batch = np.stack([_normalised(images[index], width) for index in indexes])
            for index, columns in zip(indexes, self._session.run(batch), strict=True):
                results[index] = self._decode(columns, width / _scaled_width(images[index]))
        return results

    def _decode(self, columns: FloatMap, padding: float) -> tuple[Character, ...]:
        """Best path through ``(columns, characters)`` of an image widened by ``padding``."""
        best = columns.argmax(axis=1)
        # Of all characters, narrow spaces are the ones that the model most often leaves blank.
        space = columns.shape[1] + _SPACE
        best[(best == _BLANK) & (columns[:, _SPACE] > _LIKELY_SPACE)] = space
        is_new = np.append(True, best[1:] != best[:-1])
        kept = np.flatnonzero(is_new & (best != _BLANK))
        repeated = (best[kept][1:] == space) & (best[kept][:-1] == space)
        kept = kept[np.append(True, ~repeated)[: len(kept)]]
        return tuple(
            Character(
                self.characters[int(best[column])],
                float(columns[column, best[column]]),
                min((float(column) + 0.5) / len(columns) * padding, 1.0),
            )
            for column in kept
        )


def _joined(characters: tuple[Character, ...]) -> tuple[str, float]:
    if not characters:
        return "", 0.0
    mean = sum(character.probability for character in characters) / len(characters)
    return "".join(character.text for character in characters), mean


def _batches(images: Sequence[Image], most_columns: int) -> Iterator[tuple[list[int], int]]:
    """Indexes of non-empty images of one padded width, and that width."""
    by_width: dict[int, list[int]] = {}
    for index, image in enumerate(images):
        if image.size:
            by_width.setdefault(_padded_width(image), []).append(index)
    for width, indexes in by_width.items():
        size = max(1, most_columns // width)
        for start in range(0, len(indexes), size):
            yield indexes[start : start + size], width


def _scaled_width(image: Image) -> int:
    height, width = image.shape[:2]
    return min(max(1, -(-width * _HEIGHT // height)), _MAX_WIDTH)


def _padded_width(image: Image) -> int:
    return max(_MIN_WIDTH, -(-_scaled_width(image) // _WIDTH_STEP) * _WIDTH_STEP)


def _normalised(image: Image, width: int) -> FloatMap:
    """``(3, 48, width)`` with values -1 to 1, zero right of the line."""
    resized = cv2.resize(image, (_scaled_width(image), _HEIGHT))
    values = np.zeros((3, _HEIGHT, width), np.float32)
    values[:, :, : resized.shape[1]] = resized.transpose(2, 0, 1) * np.float32(2 / 255) - 1
    return values
