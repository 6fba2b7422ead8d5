"""The captions of a video as a subtitle file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote

from captionacc.captions.flags import flag_captions
from captionacc.captions.formats import export
from captionacc.errors import ConflictError
from captionacc.model.results import Caption, VideoProbe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from captionacc.databases.captions import StoredCaption
    from captionacc.model.videos import Video

FormatName = Literal["srt", "vtt", "ass", "txt", "json"]

MEDIA_TYPES: Final[Mapping[FormatName, str]] = {
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "ass": "text/x-ssa",
    "txt": "text/plain",
    "json": "application/json",
}


@dataclass(frozen=True, slots=True)
class SubtitleFile:
    """A file to hand out.

    Attributes:
        content: In UTF-8.
        media_type: Its type, with the character set.
        disposition: The header that tells a browser the file's name.
    """

    content: bytes
    media_type: str
    disposition: str


def write_subtitles(
    video: Video, captions: Iterable[StoredCaption], format_name: FormatName
) -> SubtitleFile:
    """The captions that have text: what a person wrote, else what was read.

    Raises:
        ConflictError: it is not known yet what the video is.
        UsageError: the format cannot hold times as late as these.
    """
    shown = flag_captions(
        [_caption(one) for one in captions if not one.is_gap and one.current_text.strip()]
    )
    text = export(shown, format_name, _probe(video), video.crop_region)
    return SubtitleFile(
        text.encode(),
        f"{MEDIA_TYPES[format_name]}; charset=utf-8",
        _disposition(f"{PurePath(video.title).stem or video.id}.{format_name}"),
    )


def _caption(stored: StoredCaption) -> Caption:
    """A person's text is beyond doubt."""
    confidence = 1.0 if stored.text is not None else stored.ocr.confidence or 0.0
    extent = stored.extent
    return Caption(extent.start_pts_s, extent.end_pts_s, stored.current_text, confidence)


def _probe(video: Video) -> VideoProbe:
    size = (video.width, video.height, video.duration_s, video.fps)
    width, height, duration_s, fps = size
    if width is None or height is None or duration_s is None or fps is None:
        raise ConflictError("The video has not been looked at yet.", "Wait for its layout.")
    return VideoProbe(
        width=width,
        height=height,
        duration_s=duration_s,
        fps=fps,
        codec=video.codec or "",
        bitrate=video.bitrate or 0,
        rotation=video.rotation or 0,
        has_vfr=bool(video.has_vfr),
    )


def _disposition(name: str) -> str:
    """RFC 6266: what is not ASCII, or could end the value, is escaped."""
    return f"attachment; filename*=utf-8''{quote(name, safe='')}"
