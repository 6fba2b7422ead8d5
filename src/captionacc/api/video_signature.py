"""Whether bytes are the beginning of a video, as far as a beginning can tell."""

from __future__ import annotations

from typing import Any, Final

import puremagic

from captionacc.errors import NotAVideoError

HEAD_BYTES: Final = 4096
"""How much of a file is looked at."""

_PACKET_SIZES: Final = ((188, 0), (192, 4))
_SYNC: Final = 0x47
_PACKETS: Final = 4
_MXF: Final = bytes.fromhex("060e2b34020501010d010201")


def check_is_video(head: bytes) -> None:
    """Refuse what surely is no video; the container is really read by the first flow.

    Raises:
        NotAVideoError: text, a picture, sound, an archive, or nothing known.
    """
    if not (_is_known_video(head) or _is_transport_stream(head) or head.startswith(_MXF)):
        raise NotAVideoError(
            "The uploaded file is no video.",
            "Upload a video file, such as MP4, MOV, MKV, WebM, AVI or MPEG.",
        )


def _is_known_video(head: bytes) -> bool:
    try:
        found: list[Any] = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):  # nothing fits, or there is nothing
        return False
    best = max(one.confidence for one in found)
    return any(one.confidence == best and one.mime_type.startswith("video/") for one in found)


def _is_transport_stream(head: bytes) -> bool:
    """MPEG-TS, with or without time codes, has a sync byte in each packet (ISO/IEC 13818-1)."""
    return any(
        len(head) > offset + size * (_PACKETS - 1)
        and all(head[offset + size * number] == _SYNC for number in range(_PACKETS))
        for size, offset in _PACKET_SIZES
    )
