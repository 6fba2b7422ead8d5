"""Tiny clips, rendered on the spot, whose every frame tells its number."""

from __future__ import annotations

import wave
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

WIDTH, HEIGHT = 96, 64
BITS = 8
MILLISECOND = Fraction(1, 1000)


def numbered_picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A BGR picture: ``number`` as eight black or white bars below, quadrant colours above."""
    image = np.full((height, width, 3), 96, np.uint8)
    image[: height // 2, : width // 2] = (200, 40, 40)
    image[: height // 2, width // 2 :] = (40, 40, 200)
    for bit in range(BITS):
        left, right = bit * width // BITS, (bit + 1) * width // BITS
        image[height // 2 :, left:right] = 235 if number >> bit & 1 else 20
    return image


def read_number(luma: np.ndarray) -> int:
    """The number back from the luma or grey values of a strip of the lower half."""
    height, width = luma.shape[:2]
    row = luma[height // 4 : 3 * height // 4].reshape(height // 4 * 3 - height // 4, width, -1)
    bars = row.mean(axis=(0, 2)).reshape(BITS, -1).mean(axis=1)
    return sum(int(level > 128) << bit for bit, level in enumerate(bars))


def _render(
    path: Path,
    times: Sequence[int],
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = (WIDTH, HEIGHT),
    rate: int = 10,
    tick: Fraction = MILLISECOND,
    rotation: int | None = None,
    mirrored: bool = False,
    sar: Fraction | None = None,
    options: dict[str, str] | None = None,
    mux_options: dict[str, str] | None = None,
    color_range: int | None = None,
) -> Path:
    with av.open(str(path), "w", options=mux_options or {}) as container:
        stream = container.add_stream(codec, rate=rate, options=options or _lossless(codec))
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = tick
        if sar is not None:
            stream.codec_context.sample_aspect_ratio = sar
        if rotation is not None:
            stream.set_display_rotation(-rotation, hflip=mirrored)
        if color_range is not None:
            stream.codec_context.color_range = color_range
        for number, ticks in enumerate(times):
            frame = av.VideoFrame.from_ndarray(numbered_picture(number, *size), format="bgr24")
            frame = frame.reformat(format=pix_fmt, dst_color_range=color_range)
            frame.pts, frame.time_base = ticks, tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _lossless(codec: str) -> dict[str, str]:
    if codec == "libx264":
        return {"preset": "ultrafast", "crf": "4"}
    return {}


@pytest.fixture
def render(tmp_path: Path) -> Callable[..., Path]:
    """Renders ``render(name, times_in_ticks, **how)`` and gives the path."""

    def make(name: str, times: Sequence[int], **how: object) -> Path:
        return _render(tmp_path / name, times, **how)

    return make


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A file with sound only."""
    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(b"\0\0" * 8000)
    return path


@pytest.fixture
def numbers() -> Callable[[np.ndarray], int]:
    """Reads the number in a strip of the lower half of a picture."""
    return read_number


@pytest.fixture
def picture() -> Callable[..., np.ndarray]:
    """Draws the picture of a number."""
    return numbered_picture
