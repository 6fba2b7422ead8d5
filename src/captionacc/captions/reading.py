"""One OCR per caption: of the median of its frames, in which all but the caption blurs away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import cv2

from captionacc.captions.assemble import arrange_rows, assemble_text
from captionacc.captions.flags import LOW_CONFIDENCE
from captionacc.captions.lasting import without_lasting
from captionacc.media.images import median_image
from captionacc.model.geometry import OcrBox
from captionacc.ocr.lines import cut_line, shrink_factor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from captionacc.ocr.protocol import Image, LineRegion, OcrEngine

_ROOM: Final = 0.2
"""Room at the ends of a line, as a part of its height."""

_LOST_TEXT: Final = 0.8
"""A second reading with less than this share of the first one's characters lost some."""


class Reading(NamedTuple):
    """What a caption says.

    Attributes:
        text: Rows joined by line breaks; empty if nothing is legible.
        confidence: 0-1, the lines' mean weighted by their length; 0 without text.
        lines: The pieces of the text in reading order, normalised 0-1 in the frames.
    """

    text: str
    confidence: float
    lines: tuple[OcrBox, ...]


def read_caption(
    frames: Sequence[Image],
    engine: OcrEngine,
    select: Callable[[Sequence[OcrBox]], Sequence[OcrBox]] = tuple,
    others: Sequence[Sequence[Image]] = (),
    line_px: float = 0.0,
) -> Reading:
    """Read a caption from the frames that show it.

    The median is read first. If that is doubtful, as when the caption moves or fades, the
    sharpest frame of the middle third is read too, and the better reading is kept.

    Args:
        frames: At least one, in order of time; equal shapes (H, W, 3), BGR.
        engine: What reads them.
        select: Picks the boxes that are part of the caption; all of them if not given.
        others: Groups of frames around that show no caption. What repeats in a group, such as a
            watermark, is painted over before the median is read.
        line_px: Height of the caption's lines in pixels, if known: large ones are found best in a
            smaller picture.

    Raises:
        ValueError: no frames, or their shapes differ.
    """
    median = without_lasting(median_image(frames), others)
    factor = shrink_factor(line_px)
    reading = reading_of(select(_read_shrunk(median, engine, factor)))
    if reading.confidence >= LOW_CONFIDENCE:
        return reading
    # The detector may overlook at one size, or before one background, what it sees at another.
    if factor > 1:
        reading = _better(reading, reading_of(select(engine.read(median))))
    if len(frames) > 1:
        for frame in [_sharpest_of_middle(frames)] if reading.text else frames:
            reading = _better(reading, reading_of(select(engine.read(frame))))
    return reading


def _read_shrunk(image: Image, engine: OcrEngine, factor: int) -> list[OcrBox]:
    """Lines found in a picture that is smaller by ``factor``, but read in full size."""
    if factor == 1:
        return list(engine.read(image))
    height, width = image.shape[:2]
    size = (max(width // factor, 1), max(height // factor, 1))
    small = cast("Image", cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    lines = [_widened(line, width, height) for line in engine.find_lines(small)]
    texts = engine.recognize([cut_line(image, line) for line in lines])
    return [
        OcrBox(text, confidence, line.left, line.top, line.right, line.bottom)
        for line, (text, confidence) in zip(lines, texts, strict=True)
    ]


def _widened(line: LineRegion, width: int, height: int) -> LineRegion:
    """The line with room at its ends, which a small picture shows less exactly."""
    room = _ROOM * (line.bottom - line.top) * height / width
    left, right = max(line.left - room, 0.0), min(line.right + room, 1.0)
    (a, b, c, d) = line.quad
    quad = ((a[0] - room, a[1]), (b[0] + room, b[1]), (c[0] + room, c[1]), (d[0] - room, d[1]))
    return replace(line, left=left, right=right, quad=quad)


def reading_of(lines: Sequence[OcrBox]) -> Reading:
    """The text and confidence of a caption whose pieces of text are ``lines``, in any order."""
    kept = tuple(box for row in arrange_rows(lines) for box in row)
    length = sum(len(box.text) for box in kept)
    weighted = sum(box.confidence * len(box.text) for box in kept)
    return Reading(assemble_text(kept), weighted / length if length else 0.0, kept)


def _better(first: Reading, second: Reading) -> Reading:
    """The second only if it is surer without having lost text, or sure where the first is empty."""
    if not first.text:
        return second if second.confidence >= LOW_CONFIDENCE else first
    is_complete = len(second.text) >= _LOST_TEXT * len(first.text)
    return second if is_complete and second.confidence > first.confidence else first


def _sharpest_of_middle(frames: Sequence[Image]) -> Image:
    third = len(frames) // 3
    return max(frames[third : len(frames) - third], key=_sharpness)


def _sharpness(image: Image) -> float:
    """Mean absolute second derivative of the luma."""
    luma = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return cv2.norm(cv2.Laplacian(luma, cv2.CV_32F), cv2.NORM_L1) / luma.size
