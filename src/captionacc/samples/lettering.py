"""Text as bitmaps: fill, outline, shadow and box, drawn by Pillow."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from captionacc.samples.assets import font_path, missing_package
from captionacc.samples.canvas import Bitmap, Layer

if TYPE_CHECKING:
    from captionacc.samples.spec import CaptionStyle, ClipSpec, Colour

try:
    from PIL import Image, ImageDraw, ImageFont
except ImportError as error:
    raise missing_package("Pillow") from error

_LINE_PITCH = 1.22
_MAX_WIDTH = 0.88
_BOX_PADDING = 0.22


@dataclass(frozen=True, slots=True)
class Line:
    """One line to draw: what, in which font and at which em height in pixels."""

    text: str
    font: str
    size_px: float

    @property
    def advance(self) -> float:
        """Width in pixels."""
        return _font(self.font, self.size_px).getlength(self.text)


def caption_lines(spec: ClipSpec, text: str) -> list[Line]:
    """The lines of a caption, those that are too wide for the frame broken near their middle."""
    lines: list[Line] = []
    for part in text.split("\n"):
        scale = spec.style.second_line_scale if lines else 1.0
        font = spec.cjk_font if has_cjk(part) else spec.font
        line = Line(part, font, spec.size * spec.height * scale)
        lines += _broken(line, spec.width * _MAX_WIDTH)
    return lines


def has_cjk(text: str) -> bool:
    """Whether ``text`` holds a Chinese, Japanese or Korean character."""
    return any(unicodedata.east_asian_width(character) in "WF" for character in text)


def draw_lines(lines: list[Line], style: CaptionStyle) -> Bitmap:
    """Centred ``lines`` under each other, in ``style``."""
    em = lines[0].size_px
    pad = round(em * max(0.25, style.outline_width + style.shadow + 0.05))
    width = round(max(line.advance for line in lines)) + 2 * pad
    height = round(sum(line.size_px for line in lines) * _LINE_PITCH) + 2 * pad
    fill = _mask(lines, (width, height), pad, 0.0)
    layers: list[tuple[Layer, Colour]] = []
    if style.box_opacity:
        layers.append((_box(lines, (width, height), pad) * style.box_opacity, style.outline))
    stroke = _mask(lines, (width, height), pad, style.outline_width)
    if style.shadow:
        layers.append((_shadow(stroke, em * style.shadow), style.outline))
    if style.outline_width:
        layers.append((stroke, style.outline))
    return Bitmap.from_layers([*layers, (fill, style.fill)])


def _mask(lines: list[Line], size: tuple[int, int], pad: int, stroke: float) -> Layer:
    picture = Image.new("L", size, 0)
    draw = ImageDraw.Draw(picture)
    baseline = float(pad)
    for line in lines:
        place = ((size[0] - line.advance) / 2, baseline + line.size_px * 0.93)
        font = _font(line.font, line.size_px)
        draw.text(place, line.text, 255, font, anchor="ls", stroke_width=stroke * line.size_px)
        baseline += line.size_px * _LINE_PITCH
    return np.asarray(picture, np.float32) / np.float32(255)


def _box(lines: list[Line], size: tuple[int, int], pad: int) -> Layer:
    mask = np.zeros((size[1], size[0]), np.float32)
    top = float(pad)
    for line in lines:
        side = _BOX_PADDING * line.size_px
        left = round((size[0] - line.advance) / 2 - side)
        bottom = top + line.size_px * _LINE_PITCH
        mask[round(top) : round(bottom), max(left, 0) : size[0] - max(left, 0)] = 1.0
        top = bottom
    return mask


def _shadow(mask: Layer, offset: float) -> Layer:
    move = np.array([[1, 0, offset], [0, 1, offset]], np.float32)
    moved = cv2.warpAffine(mask, move, (mask.shape[1], mask.shape[0]))
    soft = cv2.GaussianBlur(moved, (0, 0), max(offset / 2, 0.4))
    return np.asarray(soft, np.float32) * np.float32(0.75)


def _broken(line: Line, limit: float) -> list[Line]:
    if line.advance <= limit:
        return [line]
    text = line.text
    breaks = [index for index, character in enumerate(text) if character == " "]
    at = min(breaks or range(1, len(text)), key=lambda index: abs(index - len(text) / 2))
    halves = (text[:at].rstrip(), text[at:].lstrip())
    return [Line(half, line.font, line.size_px) for half in halves]


@lru_cache(maxsize=32)
def _font(name: str, size_px: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_path(name)), size_px)
