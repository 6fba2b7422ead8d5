"""The first bytes of containers that we read, and of what is no video."""

import io

import av
import numpy as np
import pytest

from captionacc.api.video_signature import HEAD_BYTES, check_is_video
from captionacc.errors import NotAVideoError

CONTAINERS = {
    "mp4": "mpeg4",
    "mov": "mpeg4",
    "ipod": "mpeg4",
    "matroska": "mpeg4",
    "webm": "libvpx-vp9",
    "avi": "mpeg4",
    "mpegts": "mpeg2video",
    "mpeg": "mpeg2video",
    "vob": "mpeg2video",
    "flv": "flv",
    "asf": "wmv2",
    "3gp": "mpeg4",
    "mxf": "mpeg2video",
}


def beginning(container, codec, options=None):
    """The first bytes of a short video."""
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options or {}) as output:
        stream = output.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        picture = np.zeros((240, 320, 3), np.uint8)
        for _ in range(12):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode())
    return file.getvalue()[:HEAD_BYTES]


@pytest.mark.parametrize(("container", "codec"), CONTAINERS.items())
def test_videos(container, codec):
    """All ordinary containers pass."""
    check_is_video(beginning(container, codec))


def test_variants():
    """So do fragments, transport streams with time codes, and QuickTime without a type."""
    check_is_video(beginning("mp4", "mpeg4", {"movflags": "frag_keyframe+empty_moov"}))
    check_is_video(beginning("mpegts", "mpeg2video", {"mpegts_m2ts_mode": "1"}))
    for kind in (b"moov", b"mdat", b"free", b"wide"):
        check_is_video(bytes.fromhex("00000100") + kind + bytes(200))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"x",
        b"G",
        bytes(HEAD_BYTES),
        b"just a text " * 50,
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(100),
        b"GIF89a" + bytes(100),
        b"ID3\x04" + bytes(100),
        b"RIFF\x00\x00\x00\x00WAVEfmt " + bytes(100),
        bytes.fromhex("00000020") + b"ftypM4A " + bytes(100),
        bytes.fromhex("00000020") + b"ftypheic" + bytes(100),
        b"PK\x03\x04" + bytes(100),
        b"%PDF-1.7" + bytes(100),
        b"<!doctype html><html>",
        b"\x7fELF" + bytes(100),
        b"SQLite format 3\x00" + bytes(100),
    ],
    ids=lambda head: repr(head[:12]),
)
def test_no_videos(head):
    """Text, pictures, sound, archives and programs do not."""
    with pytest.raises(NotAVideoError) as refused:
        check_is_video(head)
    assert refused.value.hint
