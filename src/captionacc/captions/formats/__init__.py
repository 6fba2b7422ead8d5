"""Export formats, one file each; :class:`CaptionFormat` tells how to add one."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from captionacc.captions.formats.ass import AssFormat
from captionacc.captions.formats.base import CaptionFormat, Document
from captionacc.captions.formats.json_document import JsonFormat
from captionacc.captions.formats.srt import SrtFormat
from captionacc.captions.formats.txt import TxtFormat
from captionacc.captions.formats.vtt import VttFormat
from captionacc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from captionacc.model.geometry import CropRegion
    from captionacc.model.results import Caption, VideoProbe

__all__ = ["FORMATS", "CaptionFormat", "Document", "export"]

_ALL: Final[tuple[CaptionFormat, ...]] = (
    SrtFormat(),
    VttFormat(),
    AssFormat(),
    TxtFormat(),
    JsonFormat(),
)
FORMATS: Final[Mapping[str, CaptionFormat]] = MappingProxyType(
    {caption_format.name: caption_format for caption_format in _ALL}
)
"""All formats by name."""


def export(
    captions: Sequence[Caption],
    format_name: str,
    video: VideoProbe,
    region: CropRegion | None = None,
) -> str:
    """The captions as a file of the format ``format_name``; to be encoded in UTF-8.

    Args:
        captions: In any order; none at all gives an empty but valid file.
        format_name: A key of ``FORMATS``.
        video: The video they belong to.
        region: Where they are in its frame, if known: decides between top and bottom.

    Raises:
        UsageError: no such format, or it cannot hold times as late as these.
    """
    if format_name not in FORMATS:
        raise UsageError(
            f"There is no export format {format_name!r}.", f"Choose one of {', '.join(FORMATS)}."
        )
    return FORMATS[format_name].render(Document(tuple(captions), video, region))
