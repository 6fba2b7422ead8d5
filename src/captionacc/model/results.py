"""What the parts of the pipeline hand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from captionacc.model.geometry import OcrBox  # noqa: TC001  # pydantic reads fields at run time


@dataclass(frozen=True, slots=True)
class VideoProbe:
    """What a video is, without decoding more than a few frames.

    Attributes:
        width: Display width in pixels: rotation and sample aspect ratio applied.
        height: Display height in pixels.
        duration_s: Presentation duration in seconds.
        fps: Mean frame rate; meaningless for timing when ``has_vfr``.
        codec: Decoder name, such as ``h264``.
        bitrate: Bits per second of the whole file, 0 if unknown.
        rotation: Clockwise degrees applied for display: 0, 90, 180 or 270.
        has_vfr: Whether frame durations vary.
    """

    width: int
    height: int
    duration_s: float
    fps: float
    codec: str
    bitrate: int
    rotation: int
    has_vfr: bool


@dataclass(frozen=True, slots=True)
class FrameOcr:
    """OCR of one sampled full frame; boxes are normalised in that frame."""

    frame_index: int
    pts_s: float
    boxes: tuple[OcrBox, ...]


class PairLabel(StrEnum):
    """What happens between two consecutive 10 Hz crop frames."""

    SAME = "same"
    DIFFERENT = "different"
    EMPTY_TO_CAPTION = "empty_to_caption"
    CAPTION_TO_EMPTY = "caption_to_empty"
    EMPTY_EMPTY = "empty_empty"


@dataclass(frozen=True, slots=True)
class PairResult:
    """The judgement on crop frames ``frame1_index`` and ``frame2_index``; probabilities 0-1."""

    frame1_index: int
    frame2_index: int
    predicted_label: PairLabel
    confidence: float
    prob_same: float
    prob_different: float


@dataclass(frozen=True, slots=True)
class CaptionExtent:
    """One caption's place in time.

    Attributes:
        start_index: First 10 Hz crop frame that shows it.
        end_index: First crop frame after it, exclusive.
        start_pts_s: PTS of the first native frame that shows it, in seconds.
        end_pts_s: PTS of the first native frame after it, in seconds.
        confidence: 0-1, how sure both boundaries are.
    """

    start_index: int
    end_index: int
    start_pts_s: float
    end_pts_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption as read: extent in seconds, text with line breaks, and what to look at.

    Attributes:
        flags: Names of doubts a person should look at, such as ``low_confidence``.
    """

    start_s: float
    end_s: float
    text: str
    confidence: float
    lines: tuple[OcrBox, ...] = ()
    flags: tuple[str, ...] = ()
