"""What a video is: size, duration, frame rate, orientation."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from captionacc.errors import NoFramesError, UnsupportedVideoError
from captionacc.media.container import open_video
from captionacc.media.decoding import FrameDecoder
from captionacc.media.display import Display
from captionacc.model.results import VideoProbe

if TYPE_CHECKING:
    from pathlib import Path

    from captionacc.media.container import VideoSource

MAX_DURATION_S = 48 * 3600.0

_VFR_WINDOW_S = 8.0
_VFR_WINDOW_PACKETS = 600
_VFR_MIN_SPREAD = 0.2
_VFR_RATE_RATIO = 0.02


def probe(path: Path) -> VideoProbe:
    """Find out what a video is by its headers, its first packets and one decoded frame.

    A duration that the headers lack, or state beyond belief, is taken from the packets.

    Raises:
        VideoNotFoundError: no such file, or it can no longer be read.
        NotAVideoError: empty, or not a video that can be read.
        NoVideoStreamError: only audio, subtitles or cover art.
        NoFramesError: not one frame can be decoded.
        UnsupportedVideoError: too large, too long, or in a codec without a decoder.
    """
    with open_video(path, threads=1) as source:
        display = _first_display(path, source)
        codec = source.stream.codec_context.codec.name
        bitrate = max(source.container.bit_rate, 0)
        duration_s = source.declared_end_s
    with open_video(path, threads=1) as source:
        has_vfr = _has_vfr(source)
        fps = float(source.rate)
    if duration_s is None or not 0 < duration_s <= MAX_DURATION_S:
        duration_s = _duration_from_packets(path)
    if duration_s > MAX_DURATION_S:
        raise UnsupportedVideoError(f"{path} is longer than two days.", "Cut it into parts first.")
    return VideoProbe(
        width=display.width,
        height=display.height,
        duration_s=duration_s,
        fps=fps,
        codec=codec,
        bitrate=bitrate,
        rotation=display.rotation,
        has_vfr=has_vfr,
    )


def _first_display(path: Path, source: VideoSource) -> Display:
    frame = next(FrameDecoder(source).frames(), None)
    if frame is None:
        raise NoFramesError(
            f"{path} holds no picture that can be decoded.", "Copy or download the video again."
        )
    return Display.of(frame, source.stream)


def _has_vfr(source: VideoSource) -> bool:
    """Whether frame durations vary: among the first packets, or between the mean and base rate."""
    times_s = _first_times(source)
    gaps_s = [b - a for a, b in pairwise(times_s) if b > a]
    if len(gaps_s) >= 2:  # noqa: PLR2004 - one gap cannot vary
        typical_s = median(gaps_s)
        rounding_s = 2.5 * float(source.timeline.time_base)
        spread_s = max(gaps_s) - min(gaps_s)
        if spread_s > max(_VFR_MIN_SPREAD * typical_s, rounding_s):
            return True
    return bool(times_s) and _rates_differ(source)


def _first_times(source: VideoSource) -> list[float]:
    times_s: list[float] = []
    for packet in FrameDecoder(source).packets():
        if packet.pts is not None:
            times_s.append(source.timeline.seconds(packet.pts))
        if len(times_s) >= _VFR_WINDOW_PACKETS or (times_s and times_s[-1] > _VFR_WINDOW_S):
            break
    # Frames that are shown before the last ones read may not have been read yet.
    return sorted(times_s)[: max(len(times_s) - 4, 2)]


def _rates_differ(source: VideoSource) -> bool:
    mean, base = source.stream.average_rate, source.stream.guessed_rate
    if not mean or not base:
        return False
    # The last frame of a short clip may last longer than the others.
    frames = max(float(mean) * (source.declared_end_s or 0.0), 1.0)
    tolerance = max(_VFR_RATE_RATIO, 5 / frames)
    # Interlaced streams state the field rate, twice the frame rate.
    return min(abs(base / mean - k) for k in (1, 2)) > tolerance


def _duration_from_packets(path: Path) -> float:
    """End of the last packet on the timeline, read without decoding."""
    with open_video(path, threads=1) as source:
        clock = source.clock()
        clock.end_s = None
        end_s = count = 0
        for packet in FrameDecoder(source).packets():
            count += 1
            ticks = packet.pts if packet.pts is not None else packet.dts
            if ticks is not None:
                end_tick = ticks + (packet.duration or 0)
                end_s = max(end_s, source.timeline.seconds(end_tick))
        return end_s if end_s > 0 else float(count / source.rate)
