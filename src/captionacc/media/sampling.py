"""Sparse samples of a video: full pictures near given times, mostly by keyframe seeks."""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import av.error
import numpy as np

from captionacc.errors import NoFramesError
from captionacc.media.container import open_video
from captionacc.media.decoding import FrameDecoder
from captionacc.media.display import Display

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

    from captionacc.media.container import VideoSource

_SAME_FRAME_S = 1e-6


@dataclass(frozen=True, slots=True)
class SampledFrame:
    """One full picture of a video.

    Attributes:
        index: Position among the samples of this call, from 0, without holes.
        pts_s: The frame's own presentation time in seconds on the container's timeline.
        image: (H, W, 3) BGR uint8, display-oriented, square pixels.
    """

    index: int
    pts_s: float
    image: NDArray[np.uint8]


def sample_frames(path: Path, times_s: Sequence[float]) -> Iterator[SampledFrame]:
    """Pictures near the given times, in order, each frame at most once.

    A keyframe serves where one is closer than half the spacing of the times, the one before the
    time preferred; otherwise, and always for a single time, the frame shown at the time. Times
    beyond the end give the last frame, if it was not given before. A file that cannot be seeked is
    decoded from the start.

    Args:
        path: The video.
        times_s: Seconds on the container's timeline.

    Yields:
        Samples with strictly increasing ``pts_s``; the caller alone holds the picture.

    Raises:
        BadInputError: the video cannot be opened or read; see ``open_video``.
        NoFramesError: not one frame can be decoded.
    """
    wanted = sorted(times_s)
    with ExitStack() as stack:
        sampler = _Sampler(path, _half_spacing(wanted), stack)
        for time_s in wanted:
            sample = sampler.sample_near(time_s)
            if sample is not None:
                yield sample
                sample = None  # the caller alone holds the picture while the next is found
        if wanted and not sampler.count:
            raise NoFramesError(
                f"{path} holds no picture that can be decoded.", "Copy or download the video again."
            )


def _half_spacing(times_s: Sequence[float]) -> float:
    gaps = [b - a for a, b in pairwise(times_s) if b > a]
    return min(gaps) / 2 if gaps else 0.0


class _Sampler:
    """Takes the samples of one call; opens the video a second time only to decode forward.

    Attributes:
        count: Samples taken so far.
    """

    def __init__(self, path: Path, reach_s: float, stack: ExitStack) -> None:
        self._path = path
        self._reach_s = reach_s
        self._stack = stack
        self._keyframes = _KeyframeReader(stack.enter_context(open_video(path, threads=1)))
        self._forward: _ForwardReader | None = None
        self._display: Display | None = None
        self._last_s = -math.inf
        self.count = 0

    def sample_near(self, time_s: float) -> SampledFrame | None:
        """The sample for a time; None if there is no frame for it that was not given before."""
        found = self._keyframes.near(time_s, self._reach_s, self._last_s)
        if found is None:
            found = self._forward_reader().shown_at(time_s, self._keyframes.key_before_s)
        if found is None or found[0] <= self._last_s + _SAME_FRAME_S:
            return None
        self._last_s = found[0]
        self.count += 1
        return SampledFrame(self.count - 1, self._last_s, self._picture(found[1]))

    def _forward_reader(self) -> _ForwardReader:
        if self._forward is None:
            self._forward = _ForwardReader(self._stack.enter_context(open_video(self._path)))
        return self._forward

    def _picture(self, frame: VideoFrame) -> NDArray[np.uint8]:
        if self._display is None:
            self._display = Display.of(frame, self._keyframes.source.stream)
        display = self._display.resized(frame)
        image = frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
        if display.is_upright and image.flags.c_contiguous:
            return image
        return display.orient(image, display.width, display.height)


class _KeyframeReader:
    """Finds keyframes by seeking and decodes each one alone.

    Attributes:
        source: The open video.
        key_before_s: The keyframe at or before the time asked last; None if seeking failed.
    """

    def __init__(self, source: VideoSource) -> None:
        self.source = source
        self.key_before_s: float | None = None
        self._decoder = FrameDecoder(source)
        self._works = source.timeline.origin is not None

    def near(
        self, time_s: float, reach_s: float, after_s: float
    ) -> tuple[float, VideoFrame] | None:
        """PTS and frame of a keyframe within ``reach_s`` of the time and later than ``after_s``."""
        self.key_before_s = None
        if not self._works:
            return None
        before = self._seek(time_s, reach_s, backward=True)
        if before is None:
            return None
        if before[0] <= time_s:
            self.key_before_s = before[0]
        for key in (before, None):
            found = key or self._seek(time_s, reach_s, backward=False)
            if found is not None and after_s < found[0] and abs(found[0] - time_s) < reach_s:
                return self._decode_alone(*found)
        return None

    def _seek(
        self, time_s: float, reach_s: float, *, backward: bool
    ) -> tuple[float, Packet[VideoStream]] | None:
        """The first keyframe from the place that a seek leads to, none beyond the reach."""
        source = self.source
        try:
            source.container.seek(
                source.timeline.ticks(time_s), backward=backward, stream=source.stream
            )
        except av.error.FFmpegError:
            return None
        # A transport stream has no index of keyframes: a seek leads to any packet near the time.
        for packet in self._decoder.packets():
            if packet.pts is None:
                return None
            packet_s = source.timeline.seconds(packet.pts)
            if packet.is_keyframe:
                return packet_s, packet
            if packet_s > time_s + reach_s:
                return None
        return None

    def _decode_alone(
        self, key_s: float, packet: Packet[VideoStream]
    ) -> tuple[float, VideoFrame] | None:
        frames = self._decoder.decode(packet) or self._decoder.decode(None)
        self.source.stream.codec_context.flush_buffers()
        return (key_s, frames[0]) if frames else None


class _ForwardReader:
    """Decodes forward to a time, going on from where it is unless a keyframe lies ahead."""

    def __init__(self, source: VideoSource) -> None:
        self._source = source
        self._clock = source.clock()
        self._frames = FrameDecoder(source).frames()
        self._current: tuple[float, VideoFrame] | None = None
        self._next: tuple[float, VideoFrame] | None = None

    def shown_at(self, time_s: float, key_s: float | None) -> tuple[float, VideoFrame] | None:
        """PTS and frame of the last frame at or before ``time_s``, else the first frame."""
        position_s = self._current[0] if self._current else -math.inf
        if key_s is not None and key_s > max(position_s, 0.0):
            self._seek(key_s)
        if self._next is None:
            self._advance()
        while self._next is not None and (self._current is None or self._next[0] <= time_s):
            self._current = self._next
            self._advance()
        return self._current

    def _seek(self, key_s: float) -> None:
        source = self._source
        source.container.seek(source.timeline.ticks(key_s), stream=source.stream)
        self._clock = source.clock()
        self._frames = FrameDecoder(source).frames()
        self._current = self._next = None

    def _advance(self) -> None:
        frame = next(self._frames, None)
        self._next = None if frame is None else (self._clock.stamp(frame), frame)
