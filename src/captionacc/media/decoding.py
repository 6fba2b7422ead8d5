"""Decoding that survives damage: corrupt packets are skipped, an early end is just an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av.error

from captionacc.media.container import MIN_SIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from captionacc.media.container import VideoSource

_MAX_FAILED_READS = 64


class FrameDecoder:
    """Decodes the frames of an open video from its current position, in presentation order.

    Attributes:
        errors: Packets that could not be read or decoded so far.
    """

    def __init__(self, source: VideoSource) -> None:
        self._source = source
        self.errors = 0

    def frames(self) -> Iterator[VideoFrame]:
        """All frames from here to the end; large enough ones only.

        Raises:
            OSError: the file can no longer be read (FFmpeg's error of that kind).
        """
        for packet in self.packets():
            yield from self.decode(packet)
        yield from self.decode(None)

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """The stream's packets from here to the end, without the final flush."""
        failed_reads = 0
        while failed_reads < _MAX_FAILED_READS:
            try:
                for packet in self._source.container.demux(self._source.stream):
                    if packet.size:
                        failed_reads = 0
                        yield packet
            except av.error.FFmpegError as error:
                if isinstance(error, OSError):
                    raise
                self.errors += 1
                failed_reads += 1
            else:
                return

    def decode(self, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        """Frames that come out for one packet; those held back for None (once, at the end)."""
        try:
            frames = self._source.stream.decode(packet)
        except av.error.FFmpegError:
            self.errors += 1
            return []
        return [frame for frame in frames if min(frame.width, frame.height) >= MIN_SIDE]
