"""Crop frames as VP9 WebM chunks at three levels of detail, and back."""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av
import av.error
import numpy as np

from captionacc.errors import NotAVideoError
from captionacc.storage.keys import modulo_level

if TYPE_CHECKING:
    from collections.abc import Callable

    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

FRAMES_PER_CHUNK = 32

# One thread a chunk: on strips this low a second one brings nothing and row or tile threads cost
# a tenth more (measured), and the result does not depend on the machine. At crf 32 luma keeps 44 dB
# on average, and recognition read the same captions before and after.
_ENCODER_OPTIONS = {
    "deadline": "realtime",
    "cpu-used": "8",
    "lag-in-frames": "0",
    "crf": "32",
    "row-mt": "0",
    "tile-columns": "0",
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Up to 32 crop frames of one level as a WebM file.

    Attributes:
        modulo: The level: 16 holds indexes divisible by 16, 4 those divisible by 4 but not by 16,
            1 the rest.
        first_index: Index of the first crop frame.
        frame_indexes: Index of every crop frame, increasing; frame i of the file is the i-th.
        data: The file; its frame i is shown from i / ``sample_hz`` s for 1 / ``sample_hz`` s.
    """

    modulo: int
    first_index: int
    frame_indexes: tuple[int, ...]
    data: bytes


class ChunkEncoder:
    """Encodes crop frames as they come; the same frames always give the same bytes.

    Holds three open encoders and their unfinished files, whatever the video's length.

    Args:
        on_chunk: Called with each chunk as soon as it is complete.
        sample_hz: Rate of the crop frames.
    """

    def __init__(self, on_chunk: Callable[[Chunk], None], sample_hz: float = 10) -> None:
        self._on_chunk = on_chunk
        self._frame_s = 1 / Fraction(sample_hz).limit_denominator(1001)
        self._open: dict[int, _OpenChunk] = {}

    def add(self, index: int, i420: NDArray[np.uint8]) -> None:
        """Take the next crop frame.

        Args:
            index: Its index; larger than all before.
            i420: (h * 3 // 2, w) uint8 in I420 layout; the same shape for every frame.
        """
        modulo = modulo_level(index)
        chunk = self._open.get(modulo)
        if chunk is None:
            chunk = self._open[modulo] = _OpenChunk(modulo, i420, self._frame_s)
        chunk.add(index, i420)
        if chunk.is_full:
            self._on_chunk(self._open.pop(modulo).finish())

    def finish(self) -> None:
        """Deliver the chunks that are not full, in the order of their first frames."""
        for chunk in sorted(self._open.values(), key=lambda chunk: chunk.first_index):
            self._on_chunk(chunk.finish())
        self._open.clear()


class _OpenChunk:
    """One chunk while it is being encoded."""

    def __init__(self, modulo: int, i420: NDArray[np.uint8], frame_s: Fraction) -> None:
        self._modulo: int = modulo
        self._frame_s = frame_s
        self._indexes: list[int] = []
        self._file = io.BytesIO()
        # Bit-exact: no random identifiers or library versions in the header.
        self._container: OutputContainer = av.open(
            self._file, mode="w", format="webm", container_options={"fflags": "+bitexact"}
        )
        self._stream = self._add_stream(i420.shape[1], i420.shape[0] * 2 // 3)

    def _add_stream(self, width: int, height: int) -> VideoStream:
        stream = self._container.add_stream(
            "libvpx-vp9", rate=1 / self._frame_s, options=dict(_ENCODER_OPTIONS)
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = self._frame_s
        stream.bit_rate = 0
        stream.thread_count = 1
        return stream

    @property
    def first_index(self) -> int:
        """Index of the first crop frame."""
        return self._indexes[0]

    @property
    def is_full(self) -> bool:
        """Whether no further frame fits."""
        return len(self._indexes) >= FRAMES_PER_CHUNK

    def add(self, index: int, i420: NDArray[np.uint8]) -> None:
        """Encode one more frame."""
        frame = av.VideoFrame.from_ndarray(i420, format="yuv420p")
        frame.pts, frame.time_base = len(self._indexes), self._frame_s
        self._indexes.append(index)
        self._encode(frame)

    def finish(self) -> Chunk:
        """Complete the file."""
        self._encode(None)
        self._container.close()
        data = self._file.getvalue()
        return Chunk(self._modulo, self.first_index, tuple(self._indexes), data)

    def _encode(self, frame: VideoFrame | None) -> None:
        for packet in cast("list[Packet[VideoStream]]", self._stream.encode(frame)):
            # Without it the header's duration stops where the last frame begins.
            packet.duration = 1
            self._container.mux(packet)


def decode_chunk(data: bytes) -> list[NDArray[np.uint8]]:
    """The frames of a chunk as (h, w, 3) BGR uint8, in the order of its ``frame_indexes``.

    A file that was cut off gives the frames before the cut.

    Raises:
        NotAVideoError: the bytes are no WebM file, or damaged.
    """
    try:
        with av.open(io.BytesIO(data), mode="r", format="matroska") as container:
            return [
                frame.to_ndarray(format="bgr24", threads=1).astype(np.uint8, copy=False)
                for frame in container.decode(video=0)
            ]
    except (av.error.FFmpegError, IndexError) as error:
        raise NotAVideoError(
            "A chunk of crop frames cannot be decoded.", "Extract the crop frames again."
        ) from error
