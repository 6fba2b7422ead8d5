"""What a sample clip is: every choice that the renderer makes, as immutable values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

GENERATOR_VERSION = 1
"""Raised whenever the same spec would render other pixels; part of every fingerprint."""

Colour: TypeAlias = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)


class Edge(StrEnum):
    """The edge of the frame from which the captions' margin is measured."""

    TOP = "top"
    BOTTOM = "bottom"


class Look(StrEnum):
    """Brightness of the footage behind the captions."""

    NATURAL = "natural"
    MIXED = "mixed"
    BRIGHT = "bright"
    DARK = "dark"


class OverlayKind(StrEnum):
    """Text on screen that is no caption."""

    LOGO = "logo"
    TICKER = "ticker"
    WATERMARK = "watermark"
    SIGN = "sign"
    CREDITS = "credits"


@dataclass(frozen=True, slots=True)
class FootageCut:
    """Frames ``[first, last)`` of a packaged video, one continuous shot."""

    footage: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class CaptionStyle:
    """How captions are drawn.

    Attributes:
        fill: RGB of the glyphs.
        outline: RGB of outline and shadow.
        outline_width: Outline as a fraction of the em.
        shadow: Offset of a soft shadow down and right, as a fraction of the em; 0 for none.
        box_opacity: Opacity of a dark box behind the lines, 0 for none.
        second_line_scale: Size of the lines after the first, relative to the first.
    """

    fill: Colour = WHITE
    outline: Colour = BLACK
    outline_width: float = 0.055
    shadow: float = 0.0
    box_opacity: float = 0.0
    second_line_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Overlay:
    """One overlay.

    Attributes:
        kind: What it is and so how it is drawn.
        text: What it says; line breaks are kept.
        start_s: When it appears, in seconds.
        end_s: When it is gone, in seconds.
        x: Horizontal centre as a fraction of the frame; a ticker ignores it.
        y: Vertical centre as a fraction of the frame.
    """

    kind: OverlayKind
    text: str
    start_s: float = 0.0
    end_s: float = float("inf")
    x: float = 0.5
    y: float = 0.5


@dataclass(frozen=True, slots=True)
class ClipSpec:
    r"""A clip, completely: the same spec renders the same pixels and the same truth.

    Attributes:
        name: File name without suffix.
        seed: Seed of everything random: shots, cue durations, gaps.
        footage: The shots that the reel is cut from.
        texts: Captions in order, repeated when the clip outlasts them; ``\n`` breaks a line.
        width: Display width in pixels, even.
        height: Display height in pixels, even.
        fps: Frame rate when ``vfr_pattern`` is empty, else the nominal rate.
        vfr_pattern: ``(rate, frames)`` runs, repeated over the clip.
        duration_s: Length in seconds.
        font: Name of the font of lines without Chinese, Japanese or Korean characters.
        cjk_font: Name of the font of all other lines.
        size: Em height as a fraction of the frame's height.
        style: How captions are drawn.
        edge: The edge from which ``margin`` is measured.
        margin: Distance of the captions from the edge as a fraction of the frame's height.
        fade_s: Fade in and out, 0 for cuts.
        gaps_s: Gaps after each cue in seconds, repeated; empty for random gaps of 0-1.2 s.
        durations_s: Durations of the cues in seconds, repeated; empty for reading speed.
        overlays: Text on screen that is no caption.
        look: Brightness of the footage.
        codec: Encoder name, such as ``libx264`` or ``libvpx-vp9``.
        crf: Quality; ignored when ``bitrate`` is given.
        bitrate: Bits per second, 0 for constant quality.
        keyframe_s: Longest distance of keyframes in seconds.
        rotation: Clockwise degrees that a player must apply: 0, 90, 180 or 270.
    """

    name: str
    seed: int
    footage: tuple[FootageCut, ...]
    texts: tuple[str, ...]
    width: int = 1280
    height: int = 720
    fps: Fraction = Fraction(25)
    vfr_pattern: tuple[tuple[Fraction, int], ...] = ()
    duration_s: float = 45.0
    font: str = "source-sans-bold"
    cjk_font: str = "noto-cjk"
    size: float = 0.06
    style: CaptionStyle = CaptionStyle()
    edge: Edge = Edge.BOTTOM
    margin: float = 0.05
    fade_s: float = 0.0
    gaps_s: tuple[float, ...] = ()
    durations_s: tuple[float, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    look: Look = Look.MIXED
    codec: str = "libx264"
    crf: int = 22
    bitrate: int = 0
    keyframe_s: float = 10.0
    rotation: int = 0

    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change with the spec or the generator."""
        described = f"{GENERATOR_VERSION}:{self!r}"
        return hashlib.sha256(described.encode()).hexdigest()[:16]
