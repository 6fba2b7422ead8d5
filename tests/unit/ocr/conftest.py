"""Caption images, rendered on the spot over a noisy picture."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from captionacc.ocr.rapid import RapidOcrEngine
from captionacc.ocr.sessions import SessionOptions
from captionacc.ocr.tesseract import TesseractEngine

FONTS = {
    "latin": ("font_source_sans_pro", "files/SourceSansPro-Semibold.ttf"),
    "cyrillic": ("font_manrope", "files/Manrope-Medium.ttf"),
    "cjk": ("cvttf_NotoSansCJK_Regular", "NotoSansCJKtc-Regular.otf"),
}
ONE_THREAD = SessionOptions(threads=1)


def _font(name, size):
    package, file = FONTS[name]
    folder = find_spec(package).submodule_search_locations[0]
    return ImageFont.truetype(str(Path(folder) / file), size)


def _background(width, height):
    """A smooth, colourful picture with some grain, the same for each size."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [90 + 50 * np.sin(x / 70 + k) + 30 * np.cos(y / 40 - k) for k in range(3)]
    grain = np.random.default_rng(7).normal(0, 6, (height, width, 3))
    return np.clip(np.stack(waves, axis=2) + grain, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def render():
    """Draws lines of outlined text, centred, and returns a BGR image."""

    def draw(*lines, width=1280, height=128, size=44, font="latin", fill="white", outline="black"):
        picture = Image.fromarray(_background(width, height))
        pen = ImageDraw.Draw(picture)
        for row, line in enumerate(lines):
            middle = height * (row + 0.5) / len(lines)
            pen.text(
                (width / 2, middle),
                line,
                font=_font(font, size),
                anchor="mm",
                fill=fill,
                stroke_width=3,
                stroke_fill=outline,
            )
        return np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])

    return draw


@pytest.fixture(scope="session")
def rapid():
    """The default engine."""
    return RapidOcrEngine(ONE_THREAD)


@pytest.fixture(scope="session")
def tesseract():
    """Tesseract with its English data, which the development environment holds."""
    return TesseractEngine("eng", options=ONE_THREAD)


@pytest.fixture(params=["rapid", "tesseract"])
def engine(request):
    """Every engine in turn."""
    return request.getfixturevalue(request.param)
