"""Text on screen that is no caption: logo, ticker, watermark, sign, credits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from captionacc.samples.canvas import Bitmap, Frame, blend
from captionacc.samples.lettering import Line, draw_lines, has_cjk
from captionacc.samples.spec import CaptionStyle, ClipSpec, Overlay, OverlayKind

Painter: TypeAlias = Callable[[Frame, float], None]
_TICKER_WIDTHS_PER_S = 0.11
_FADE_S = 0.5


def painter(spec: ClipSpec, overlay: Overlay) -> Painter:
    """A function that draws ``overlay`` into a frame at a time in seconds."""
    return _PAINTERS[overlay.kind](spec, overlay)


def _text(spec: ClipSpec, overlay: Overlay, size: float, style: CaptionStyle) -> Bitmap:
    lines = [
        Line(part, spec.cjk_font if has_cjk(part) else spec.font, size * spec.height)
        for part in overlay.text.split("\n")
    ]
    return draw_lines(lines, style)


def _place(frame: Frame, bitmap: Bitmap, overlay: Overlay) -> tuple[int, int]:
    x = round(overlay.x * frame.width - bitmap.width / 2)
    return x, round(overlay.y * frame.height - bitmap.height / 2)


def _still(bitmap: Bitmap, overlay: Overlay, opacity: float, fade_s: float) -> Painter:
    def paint(frame: Frame, time_s: float) -> None:
        if not overlay.start_s <= time_s < overlay.end_s:
            return
        inside_s = min(time_s - overlay.start_s, overlay.end_s - time_s)
        shown = opacity * (min(inside_s / fade_s, 1.0) if fade_s else 1.0)
        blend(frame, bitmap, *_place(frame, bitmap, overlay), shown)

    return paint


def _logo(spec: ClipSpec, overlay: Overlay) -> Painter:
    text = _text(spec, overlay, 0.045, CaptionStyle(outline_width=0))
    badge = _panel(text.width, text.height, (196, 30, 58))
    paint_badge = _still(badge, overlay, 0.9, 0)
    paint_text = _still(text, overlay, 1.0, 0)

    def paint(frame: Frame, time_s: float) -> None:
        paint_badge(frame, time_s)
        paint_text(frame, time_s)

    return paint


def _watermark(spec: ClipSpec, overlay: Overlay) -> Painter:
    bitmap = _text(spec, overlay, 0.03, CaptionStyle(outline_width=0, fill=(235, 235, 235)))
    return _still(bitmap, overlay, 0.45, 0)


def _credits(spec: ClipSpec, overlay: Overlay) -> Painter:
    style = CaptionStyle(outline_width=0, shadow=0.05, fill=(245, 240, 225))
    return _still(_text(spec, overlay, 0.05, style), overlay, 1.0, _FADE_S)


def _sign(spec: ClipSpec, overlay: Overlay) -> Painter:
    text = _text(spec, overlay, 0.055, CaptionStyle(outline_width=0, fill=(20, 40, 90)))
    board = _panel(text.width + 24, text.height + 12, (232, 226, 208))

    def paint(frame: Frame, time_s: float) -> None:
        if not overlay.start_s <= time_s < overlay.end_s:
            return
        drifted = replace(overlay, x=overlay.x + 0.02 * (time_s - overlay.start_s))
        blend(frame, board, *_place(frame, board, drifted))
        blend(frame, text, *_place(frame, text, drifted))

    return paint


def _ticker(spec: ClipSpec, overlay: Overlay) -> Painter:
    text = _text(spec, overlay, 0.036, CaptionStyle(outline_width=0))
    bar = _panel(spec.width, text.height, (18, 32, 74))
    spacing = text.width + spec.width // 6

    def paint(frame: Frame, time_s: float) -> None:
        if not overlay.start_s <= time_s < overlay.end_s:
            return
        top = round(overlay.y * frame.height - bar.height / 2)
        blend(frame, bar, 0, top, 0.85)
        x = -int(time_s * _TICKER_WIDTHS_PER_S * spec.width) % spacing - spacing
        while x < frame.width:
            blend(frame, text, x, top)
            x += spacing

    return paint


def _panel(width: int, height: int, colour: tuple[int, int, int]) -> Bitmap:
    return Bitmap.from_layers([(np.ones((height, width), np.float32), colour)])


_PAINTERS: dict[OverlayKind, Callable[[ClipSpec, Overlay], Painter]] = {
    OverlayKind.LOGO: _logo,
    OverlayKind.TICKER: _ticker,
    OverlayKind.WATERMARK: _watermark,
    OverlayKind.SIGN: _sign,
    OverlayKind.CREDITS: _credits,
}
