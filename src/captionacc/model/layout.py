"""Where a video's captions sit and what they look like there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from captionacc.model.geometry import CropRegion  # noqa: TC001  # pydantic reads fields at run time


class Anchor(StrEnum):
    """The edge of a caption line that keeps its horizontal place from caption to caption."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Overlay:
    """Text that stays while captions change (logo, watermark), inside the crop region.

    Edges are normalised 0-1 in the display-oriented full frame; times are those of the first and
    last sampled frame that shows it, in seconds.
    """

    left: float
    top: float
    right: float
    bottom: float
    first_s: float
    last_s: float


@dataclass(frozen=True, slots=True)
class CaptionLayout:
    """The caption band of one video; all lengths normalised in the display-oriented full frame.

    Attributes:
        crop_region: The part of the frame to cut; every caption lies inside.
        anchor: Which edge of the lines is aligned.
        anchor_position: Horizontal place of that edge (or of the centre), a fraction of the width.
        anchor_tolerance: Largest deviation from it that a caption line shows, as a fraction of
            the width.
        line_height: Height of one line's text box, a fraction of the frame's height.
        overlays: Lasting text inside the crop region that is no caption.
    """

    crop_region: CropRegion
    anchor: Anchor
    anchor_position: float
    anchor_tolerance: float
    line_height: float
    overlays: tuple[Overlay, ...] = ()
