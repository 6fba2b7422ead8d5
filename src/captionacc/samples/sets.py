"""Named clips: ``TUNING`` to develop on, ``HELD_OUT`` for figures; they share nothing but shapes.

The two differ in seeds, texts, fonts and footage, so that a threshold fitted on one is tested on
the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from captionacc.samples.assets import read_script
from captionacc.samples.spec import (
    CaptionStyle,
    ClipSpec,
    Edge,
    FootageCut,
    Look,
    Overlay,
    OverlayKind,
)

_BIKES = tuple(
    FootageCut("bikes", first, last)
    for first, last in ((0, 30), (30, 76), (76, 137), (137, 187), (187, 242))
)
_PARK_AND_CAR = (
    FootageCut("bigbuckbunny", 0, 44),
    FootageCut("bigbuckbunny", 44, 88),
    FootageCut("bigbuckbunny", 88, 132),
    FootageCut("carphone_pristine", 0, 60),
    FootageCut("carphone_pristine", 60, 120),
)
_HARD_DURATIONS_S = (0.4, 0.5, 0.3, 0.8, 0.36, 1.2, 0.44, 0.32, 0.6)
_HARD_GAPS_S = (0.0, 0.0, 0.2, 0.0, 0.0, 0.4, 0.0, 0.12)


@dataclass(frozen=True, slots=True)
class _Materials:
    """What one set is made of and the other is not."""

    suffix: str
    seed: int
    footage: tuple[FootageCut, ...]
    fonts: tuple[str, str, str]
    cjk: str
    fill: tuple[int, int, int]
    channel: str
    headlines: str
    sign: str
    vfr: tuple[tuple[Fraction, int], ...]

    def script(self, name: str) -> tuple[str, ...]:
        """This set's own texts of that kind."""
        return read_script(f"{name}_{self.suffix}")

    def _texts(self, script: str, number: int) -> tuple[str, ...]:
        """The script from another place for each clip, so that short clips differ."""
        texts = self.script(script)
        begin = 0 if script == "hard" else number * 6 % len(texts)
        return texts[begin:] + texts[:begin]

    def clip(self, name: str, number: int, script: str) -> ClipSpec:
        """A plain clip: captions of ``script`` at the bottom."""
        return ClipSpec(
            name,
            self.seed + number,
            self.footage,
            self._texts(script, number) if script else (),
            font=self.fonts[number % len(self.fonts)],
            cjk_font=self.cjk,
        )


_TUNING = _Materials(
    suffix="tuning",
    seed=1000,
    footage=_BIKES,
    fonts=("source-sans-bold", "manrope-bold", "source-sans"),
    cjk="noto-cjk",
    fill=(255, 235, 90),
    channel="NOVA 7",
    headlines=(
        "Trains between the harbour and the airport run every ten minutes again   •   "
        "The city library opens on Sundays from next month   •   "
        "Heavy rain expected in the north, clear skies by the weekend   •   "
    ),
    sign="CYCLE REPAIRS\nOPEN TILL 8",
    vfr=((Fraction(30), 40), (Fraction(24), 25), (Fraction(15), 12), (Fraction(20), 18)),
)
_HELD_OUT = _Materials(
    suffix="held_out",
    seed=9000,
    footage=_PARK_AND_CAR,
    fonts=("lato-bold", "source-serif-bold", "caladea-bold"),
    cjk="noto-cjk-bold",
    fill=(150, 235, 255),
    channel="Delta TV",
    headlines=(
        "Farmers report the best apple harvest in twelve years   •   "
        "Ferry to the islands cancelled until Thursday   •   "
        "Chess championship: draw after seven hours of play   •   "
    ),
    sign="FRESH EGGS\n2 MILES",
    vfr=((Fraction(60), 50), (Fraction(30), 22), (Fraction(12), 9), (Fraction(25), 31)),
)


def _clips(of: _Materials) -> dict[str, ClipSpec]:
    thin = CaptionStyle(outline_width=0.022, fill=(246, 246, 246))
    small_second = CaptionStyle(second_line_scale=0.72)
    clips = (
        replace(of.clip("bottom", 0, "english"), duration_s=60.0),
        replace(of.clip("top", 1, "english"), edge=Edge.TOP),
        replace(of.clip("two_lines", 2, "long"), size=0.056, style=CaptionStyle(shadow=0.05)),
        replace(of.clip("chinese", 3, "chinese"), style=replace(thin, outline_width=0.03)),
        replace(of.clip("bilingual_zh_en", 4, "bilingual"), style=small_second),
        replace(of.clip("bilingual_en_zh", 5, "bilingual"), texts=_swapped(of), size=0.05),
        replace(of.clip("logo_ticker", 6, "english"), overlays=_channel(of), margin=0.09),
        replace(of.clip("vfr", 7, "english"), fps=of.vfr[0][0], vfr_pattern=of.vfr),
        replace(of.clip("low_bitrate_360p", 8, "english"), **_SMALL),
        replace(of.clip("bright", 9, "english"), look=Look.BRIGHT, style=thin),
        replace(of.clip("fades", 10, "english"), fade_s=0.2, style=CaptionStyle(fill=of.fill)),
        replace(of.clip("european", 11, "european"), style=CaptionStyle(box_opacity=0.55)),
        replace(of.clip("hard", 12, "hard"), durations_s=_HARD_DURATIONS_S, gaps_s=_HARD_GAPS_S),
        replace(of.clip("watermark", 14, "english"), overlays=_owner(of)),
        replace(of.clip("none", 13, ""), overlays=_scenery(of), duration_s=30.0),
    )
    return {clip.name: clip for clip in clips}


_SMALL: dict[str, Any] = {"width": 640, "height": 360, "bitrate": 220_000, "size": 0.065}


def _swapped(of: _Materials) -> tuple[str, ...]:
    pairs = (text.split("\n") for text in reversed(of.script("bilingual")))
    return tuple(f"{english}\n{chinese}" for chinese, english in pairs)


def _channel(of: _Materials) -> tuple[Overlay, ...]:
    return (
        Overlay(OverlayKind.LOGO, of.channel, x=0.91, y=0.08),
        Overlay(OverlayKind.TICKER, of.headlines, y=0.965),
    )


def _owner(of: _Materials) -> tuple[Overlay, ...]:
    """Small text at the height of the captions, for the first part of the clip only."""
    text = f"Copyright 2024 {of.channel}\nwww.{of.channel.split()[0].lower()}.example"
    return (Overlay(OverlayKind.WATERMARK, text, end_s=17.0, x=0.11, y=0.89),)


def _scenery(of: _Materials) -> tuple[Overlay, ...]:
    return (
        Overlay(OverlayKind.LOGO, of.channel, x=0.09, y=0.08),
        Overlay(OverlayKind.SIGN, of.sign, start_s=5.0, end_s=11.0, x=0.4, y=0.45),
        Overlay(OverlayKind.SIGN, of.sign, start_s=19.0, end_s=24.0, x=0.6, y=0.35),
    )


TUNING: dict[str, ClipSpec] = _clips(_TUNING)
"""Clips to develop on, by name."""

HELD_OUT: dict[str, ClipSpec] = _clips(_HELD_OUT)
"""Clips for figures, by name; nothing may be tuned on them."""


def demo_clip() -> ClipSpec:
    """A pleasant clip of about 20 seconds."""
    return replace(
        _TUNING.clip("demo", 20, "english"),
        duration_s=20.0,
        look=Look.NATURAL,
        overlays=(Overlay(OverlayKind.LOGO, _TUNING.channel, x=0.91, y=0.09),),
        texts=_TUNING.script("english")[2:],
        gaps_s=(0.4, 0.0, 0.8),
    )


def _speed_clip(name: str, number: int, width: int, height: int) -> ClipSpec:
    short, long = _HELD_OUT.script("english"), _HELD_OUT.script("long")
    mixed = tuple(text for three in zip(short, short[30:], long, strict=False) for text in three)
    return replace(
        _HELD_OUT.clip(name, number, "english"),
        width=width,
        height=height,
        duration_s=66.0,
        texts=mixed,
    )


SPEED: dict[str, ClipSpec] = {
    "speed_720p25": _speed_clip("speed_720p25", 40, 1280, 720),
    "speed_1080p25": _speed_clip("speed_1080p25", 41, 1920, 1080),
}
"""A minute of captions of one and two lines in the two usual sizes, to measure speed on."""
