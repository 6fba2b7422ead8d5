"""Opening a video file: the one place that turns FFmpeg's refusals into our errors."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import av.error
from av.stream import Discard, Disposition

from captionacc.errors import (
    BadInputError,
    NotAVideoError,
    NoVideoStreamError,
    UnsupportedVideoError,
    VideoNotFoundError,
)
from captionacc.media.timeline import FrameClock, Timeline, nominal_rate

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from av.container import InputContainer
    from av.video.stream import VideoStream

MAX_SIDE = 16384
MAX_PIXELS = 8192 * 4608
MIN_SIDE = 16

_TIMEOUT_S = 60.0
_DECODER_BUDGET_BYTES = 192 * 2**20
# Playlists and scripts can name other files, and still pictures are no videos.
_FORMATS = (
    "aac,ac3,aiff,amr,apng,asf,av1,avi,dv,eac3,flac,flv,gif,h264,hevc,ivf,m4v,matroska,webm,"
    "mjpeg,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,rm,vc1,w64,wav,"
    "wtv,yuv4mpegpipe,ivf,evc,vvc,swf,nsv,dash_webm"
)


@dataclass(frozen=True, slots=True)
class VideoSource:
    """An open video file and its one video stream.

    Attributes:
        path: The file.
        container: The open container; only packets of ``stream`` come out of it.
        stream: The video stream that a player would show.
        timeline: Where the stream's ticks lie in time.
    """

    path: Path
    container: InputContainer
    stream: VideoStream
    timeline: Timeline

    @property
    def rate(self) -> Fraction:
        """Nominal frame rate in frames per second."""
        stream = self.stream
        rates = [stream.average_rate, stream.guessed_rate, stream.base_rate]
        # Without timestamps the container's rate is made up; only the bitstream may know.
        return nominal_rate(*([stream.codec_context.framerate] if self.lacks_times else []), *rates)

    @property
    def lacks_times(self) -> bool:
        """Whether the file states no times at all, as a bare bitstream does."""
        return self.timeline.origin is None

    @property
    def has_dts_only(self) -> bool:
        """Whether packets state when they are decoded, not when they are shown.

        The k-th frame shown then has the k-th decoding time. Straight after a seek the count may
        be off by the few B-frames that belong before the keyframe.
        """
        return self.container.format.name == "avi"

    @property
    def declared_end_s(self) -> float | None:
        """End of the video stream (else of the file) on the timeline, as the headers say."""
        stream = self.stream
        if stream.duration and stream.duration > 0:
            start = stream.start_time if stream.start_time is not None else 0
            return self.timeline.seconds(start + stream.duration)
        duration, start = self.container.duration, self.container.start_time
        if not duration or duration < 0:
            return None
        # Matroska counts from zero, wherever the first frame is; the others count from that one.
        counts_from_zero = "matroska" in self.container.format.name
        return (duration - (start or 0 if counts_from_zero else 0)) / 1e6

    def clock(self) -> FrameClock:
        """A fresh clock for frames decoded from the start."""
        return FrameClock(self.timeline, float(1 / self.rate), self.declared_end_s)


@contextmanager
def open_video(path: Path, *, threads: int = 0) -> Generator[VideoSource]:
    """Open a video for reading and close it afterwards.

    FFmpeg's errors inside the ``with`` block become errors of ours, too.

    Args:
        path: A file on this machine.
        threads: Decoder threads; 0 for as many as there are cores and memory for.

    Raises:
        VideoNotFoundError: no such file, or it can no longer be read.
        NotAVideoError: not a regular file, empty, or no container that we know.
        NoVideoStreamError: only audio, subtitles or cover art.
        UnsupportedVideoError: no decoder for it, or its frames are too large or too small.
    """
    _check_file(path)
    with _translated(path), _open_container(path) as container:
        stream = _video_stream(path, container)
        _check_size(path, stream)
        _set_up_decoder(stream, threads)
        time_base = stream.time_base or Fraction(1, 90_000)
        timeline = Timeline.of(time_base, stream.start_time, container.start_time)
        yield VideoSource(path, container, stream, timeline)


def _open_container(path: Path) -> InputContainer:
    return av.open(
        f"file:{path}",
        mode="r",
        container_options={"protocol_whitelist": "file", "format_whitelist": _FORMATS},
        metadata_errors="replace",
        timeout=_TIMEOUT_S,
    )


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except OSError as error:
        raise VideoNotFoundError(f"{path} cannot be read: {error.strerror}.") from error
    if not stat.S_ISREG(status.st_mode):
        raise NotAVideoError(f"{path} is not a file.", "Give the path of a video file.")
    if status.st_size == 0:
        raise NotAVideoError(f"{path} is empty.", "Copy or download the video again.")


def check_readable(path: Path) -> None:
    """Tell a file that is gone from one that is damaged: for both FFmpeg reports the same errors.

    Raises:
        VideoNotFoundError: its first or last byte cannot be read.
    """
    try:
        with path.open("rb") as file:
            file.read(1)
            file.seek(-1, os.SEEK_END)
            file.read(1)
    except OSError as error:
        raise VideoNotFoundError(
            f"{path} can no longer be read: {error.strerror}.",
            "Check that the file and its disk are still there.",
        ) from error


@contextmanager
def _translated(path: Path) -> Generator[None]:
    try:
        yield
    except av.error.FFmpegError as error:
        raise _our_error(path, error) from error


def _our_error(path: Path, error: av.error.FFmpegError) -> BadInputError:
    try:
        check_readable(path)
    except VideoNotFoundError as gone:
        return gone
    return NotAVideoError(
        f"{path} is not a readable video ({error.strerror}).",
        "Play it to check that it is complete, or convert it to MP4 first.",
    )


def _video_stream(path: Path, container: InputContainer) -> VideoStream:
    pictures = Disposition.attached_pic | Disposition.timed_thumbnails
    if not any(s.type in ("video", "audio", "subtitle") for s in container.streams):
        raise NotAVideoError(
            f"{path} is cut off: it states nothing that could be played.",
            "Copy or download the video again.",
        )
    candidates = [s for s in container.streams.video if not s.disposition & pictures]
    if not candidates:
        raise NoVideoStreamError(
            f"{path} holds no video stream.", "Give a file that has pictures, not only sound."
        )
    best = container.streams.best("video")
    stream = next((s for s in candidates if s is best), candidates[0])
    if stream.codec_context is None:  # pyright: ignore[reportUnnecessaryComparison] - None without a decoder
        raise UnsupportedVideoError(
            f"{path} uses a video codec that cannot be decoded.", "Convert it to H.264 first."
        )
    return stream


def _check_size(path: Path, stream: VideoStream) -> None:
    width, height = stream.width, stream.height
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise UnsupportedVideoError(
            f"{path} has frames of {width}x{height} pixels, more than 8K.",
            "Scale it down first.",
        )
    if 0 < width < MIN_SIDE or 0 < height < MIN_SIDE:
        raise UnsupportedVideoError(
            f"{path} has frames of {width}x{height} pixels, too small for captions."
        )


def _set_up_decoder(stream: VideoStream, threads: int) -> None:
    for other in stream.container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    stream.thread_type = "AUTO"  # pyright: ignore[reportAttributeAccessIssue] - the setter takes names
    stream.thread_count = threads or _affordable_threads(stream.width * stream.height)


def _affordable_threads(pixels: int) -> int:
    """0 (automatic), or fewer threads when each one's own frames would fill the memory."""
    frame_bytes = pixels * 3 // 2
    if frame_bytes * 16 <= _DECODER_BUDGET_BYTES:
        return 0
    return max(_DECODER_BUDGET_BYTES // (2 * frame_bytes), 2)
