"""Advanced SubStation Alpha (``.ass``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pysubs2

from captionacc.captions.formats.cues import JOINER, check_limit, cues_of

if TYPE_CHECKING:
    from captionacc.captions.formats.base import Document
    from captionacc.model.geometry import CropRegion

_STEP_MS: Final = 10
_LIMIT_H: Final = 10
_FONT_HEIGHT: Final = 0.055
_OUTLINE: Final = 0.0035
_MARGIN_X: Final = 0.04
_MARGIN_Y: Final = 0.045
_NOTICE: Final = "Written by CaptionA.cc"


@dataclass(frozen=True, slots=True)
class AssFormat:
    r"""Cues with times in centiseconds and one style, in the pixels of the video.

    The captions stand at the top if their region lies in the upper half of the frame. Braces and
    backslashes are escaped as libass reads them: ``\{``, and a joiner (U+2060) after a backslash.
    """

    name: str = "ass"

    def render(self, document: Document) -> str:
        """The file; without captions it has the header and the style.

        Raises:
            UsageError: a caption is later than 10 hours.
        """
        subtitles = pysubs2.SSAFile()
        subtitles.info.update(_script_info(document))
        subtitles.styles["Default"] = _style(document)
        for cue in cues_of(document.captions, _STEP_MS):
            check_limit(cue, self.name, _LIMIT_H)
            text = _escape(cue.text)
            subtitles.append(pysubs2.SSAEvent(start=cue.start_ms, end=cue.end_ms, text=text))
        return subtitles.to_string(self.name, header_notice=_NOTICE)


def _script_info(document: Document) -> dict[str, str]:
    return {
        "PlayResX": str(document.video.width),
        "PlayResY": str(document.video.height),
        "WrapStyle": "0",
        "ScaledBorderAndShadow": "yes",
    }


def _style(document: Document) -> pysubs2.SSAStyle:
    """White with a dark outline, in proportion to the frame, so that it reads at any size."""
    width, height = document.video.width, document.video.height
    short_side = min(width, height)
    at_top = _is_at_top(document.region)
    alignment = pysubs2.Alignment.TOP_CENTER if at_top else pysubs2.Alignment.BOTTOM_CENTER
    return pysubs2.SSAStyle(
        fontname="Arial",
        fontsize=float(max(round(short_side * _FONT_HEIGHT), 8)),
        outline=round(max(short_side * _OUTLINE, 1.0), 1),
        shadow=0.0,
        alignment=alignment,
        marginl=round(width * _MARGIN_X),
        marginr=round(width * _MARGIN_X),
        marginv=round(height * _MARGIN_Y),
    )


def _is_at_top(region: CropRegion | None) -> bool:
    return region is not None and region.top + region.bottom < 1


def _escape(text: str) -> str:
    return text.replace("\\", "\\" + JOINER).replace("{", r"\{").replace("\n", r"\N")
