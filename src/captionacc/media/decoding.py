"""Decoding that survives damage: corrupt packets are skipped, an early end is just an end."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import av.error

from captionacc.media.container import MIN_SIDE, check_readable

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
        self._decode_times: list[int] = []
        self.errors = 0

    def frames(self) -> Iterator[VideoFrame]:
        """All frames from here to the end; large enough ones only.

        Raises:
            VideoNotFoundError: the file can no longer be read.
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
                        yield self._timed(packet)
            except av.error.FFmpegError:
                check_readable(self._source.path)
                self.errors += 1
                failed_reads += 1
            except IndexError:
                continue  # PyAV met a packet of a stream that began after the file was opened
            else:
                return

    def decode(self, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        """Frames that come out for one packet; those held back for None (once, at the end)."""
        try:
            frames = self._source.stream.decode(packet)
        except av.error.FFmpegError:
            self.errors += 1
            return []
        if self._source.has_dts_only:
            self._show_in_decoding_order(packet, frames)
        return [frame for frame in frames if min(frame.width, frame.height) >= MIN_SIDE]

    def _timed(self, packet: Packet[VideoStream]) -> Packet[VideoStream]:
        if self._source.has_dts_only:
            packet.pts = packet.dts
        return packet

    def _show_in_decoding_order(
        self, packet: Packet[VideoStream] | None, frames: list[VideoFrame]
    ) -> None:
        """Give the k-th frame shown the k-th decoding time; what FFmpeg guesses is out of order."""
        if packet is not None and packet.dts is not None:
            heapq.heappush(self._decode_times, packet.dts)
        for frame in frames:
            if self._decode_times:
                frame.pts = heapq.heappop(self._decode_times)
