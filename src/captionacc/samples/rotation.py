"""The display matrix of an MP4 file, as phones write it instead of turning the pixels."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MATRIX_OFFSET = 40  # in a version 0 track header (ISO/IEC 14496-12, 8.3.2), after the flags
_ONE = 1 << 16
_UNIT_W = 1 << 30


def set_rotation(path: Path, clockwise: int, coded_width: int, coded_height: int) -> None:
    """Make players turn the only track of the MP4 file ``path`` by ``clockwise`` degrees."""
    data = bytearray(path.read_bytes())
    start, size = 0, len(data)
    for name in (b"moov", b"trak", b"tkhd"):
        start, size = _find_box(data, start, start + size, name)
    matrices = {
        90: (0, _ONE, -_ONE, 0, coded_height * _ONE, 0),
        180: (-_ONE, 0, 0, -_ONE, coded_width * _ONE, coded_height * _ONE),
        270: (0, -_ONE, _ONE, 0, 0, coded_width * _ONE),
    }
    a, b, c, d, x, y = matrices[clockwise]
    struct.pack_into(">9i", data, start + _MATRIX_OFFSET, a, b, 0, c, d, 0, x, y, _UNIT_W)
    path.write_bytes(data)


def _find_box(data: bytearray, start: int, end: int, name: bytes) -> tuple[int, int]:
    while start < end:
        size, kind = struct.unpack_from(">I4s", data, start)
        header = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start + 8)
            header = 16
        if kind == name:
            return start + header, size - header
        start += size
    raise ValueError(f"no {name.decode()} box")
