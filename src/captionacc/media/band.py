"""The caption band of every native frame, in one streaming pass over the video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from captionacc.errors import NoFramesError
from captionacc.media.container import check_readable, open_video
from captionacc.media.decoding import FrameDecoder
from captionacc.media.display import Display
from captionacc.media.planes import BandSlicer, as_sliceable, is_full_range
from captionacc.model.timing import first_sample_from

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

    from captionacc.model.geometry import CropRegion

_TRUNCATION_S = 1.0


@dataclass(frozen=True, slots=True)
class BandFrame:
    """The caption band of one native frame.

    Attributes:
        native_index: Position among the frames that could be decoded, from 0.
        pts_s: Presentation time in seconds on the container's timeline, strictly increasing.
        samples: The crop frames k for which this frame is the one shown at k / ``sample_hz``
            seconds; possibly empty, several where frames last long. Over a video the ranges are
            consecutive from 0 to its end.
        luma: (h, w) uint8, limited range, display-oriented; h and w are even and the same for all
            frames of a video.
        i420: The band in I420 layout, (h * 3 // 2, w) uint8 limited range, as
            ``cv2.COLOR_YUV2BGR_I420`` takes it; None when ``samples`` is empty.
    """

    native_index: int
    pts_s: float
    samples: range
    luma: NDArray[np.uint8]
    i420: NDArray[np.uint8] | None


def read_band(path: Path, region: CropRegion, sample_hz: float = 10.0) -> BandReader:
    """Read the band of a video; see ``BandReader``."""
    return BandReader(path, region, sample_hz)


class BandReader:
    """Iterates over the band of every native frame; each iteration decodes the video anew.

    At any moment one decoded frame is held beside the decoder's own. An abandoned iteration
    closes the file.

    Args:
        path: The video.
        region: The band, normalised in the display-oriented full frame.
        sample_hz: Rate of the crop frames.

    Attributes:
        end_s: Until when the frames read so far are shown, in seconds; after a full iteration the
            end of what could be read.
        decode_errors: Packets skipped because they could not be read or decoded.
        truncated: After a full iteration: whether the video ended over a second before the end
            that its headers declare.

    Raises:
        BadInputError: the video cannot be opened or read (``open_video``).
        NoFramesError: not one frame can be decoded.
        VideoNotFoundError: the file vanished or failed half-way.
    """

    def __init__(self, path: Path, region: CropRegion, sample_hz: float = 10.0) -> None:
        self._path = path
        self._region = region
        self._sample_hz = sample_hz
        self.end_s = 0.0
        self.decode_errors = 0
        self.truncated = False

    def __iter__(self) -> Iterator[BandFrame]:
        with open_video(self._path) as source:
            decoder, clock = FrameDecoder(source), source.clock()
            cutter = _BandCutter(self._region, source.stream)
            held: _HeldFrame | None = None
            for index, frame in enumerate(decoder.frames()):
                pts_s = clock.stamp(frame)
                self.end_s, self.decode_errors = clock.shown_until(), decoder.errors
                first_sample = first_sample_from(pts_s, self._sample_hz) if index else 0
                if held is not None:
                    yield held.finished(first_sample)
                held = _HeldFrame(index, pts_s, first_sample, *cutter.prepare(frame))
            self.decode_errors = decoder.errors
            yield self._last(held, source.declared_end_s)

    def _last(self, held: _HeldFrame | None, declared_end_s: float | None) -> BandFrame:
        self.truncated = (declared_end_s or 0.0) - self.end_s > _TRUNCATION_S
        if self.truncated or held is None:
            check_readable(self._path)
        if held is None:
            raise NoFramesError(
                f"{self._path} holds no picture that can be decoded.",
                "Copy or download the video again.",
            )
        return held.finished(first_sample_from(self.end_s, self._sample_hz))


@dataclass(frozen=True, slots=True)
class _HeldFrame:
    """A frame whose samples are known only once the next frame's time is."""

    index: int
    pts_s: float
    first_sample: int
    frame: VideoFrame
    slicer: BandSlicer

    def finished(self, next_sample: int) -> BandFrame:
        """The band frame; the frame after it is the first one to show sample ``next_sample``."""
        samples = range(self.first_sample, max(next_sample, self.first_sample))
        luma = self.slicer.luma(self.frame)
        i420 = self.slicer.i420(self.frame, luma) if samples else None
        return BandFrame(self.index, self.pts_s, samples, luma, i420)


class _BandCutter:
    """Keeps the slicer for the frames' current size and format; the band's size never changes."""

    def __init__(self, region: CropRegion, stream: VideoStream) -> None:
        self._region = region
        self._stream = stream
        self._key: tuple[int, int, str, bool] | None = None
        self._display: Display | None = None
        self._slicer: BandSlicer | None = None

    def prepare(self, frame: VideoFrame) -> tuple[VideoFrame, BandSlicer]:
        """The frame in a format that can be cut, and the slicer that fits it."""
        cuttable, layout = as_sliceable(frame)
        full_range = is_full_range(cuttable)
        key = (frame.width, frame.height, cuttable.format.name, full_range)
        if self._slicer is None or key != self._key:
            size = (self._slicer.width, self._slicer.height) if self._slicer else None
            if self._display is None:
                self._display = Display.of(frame, self._stream)
            display = self._display.resized(frame)
            self._slicer = BandSlicer(display, self._region, size, layout, full_range=full_range)
            self._key = key
        return cuttable, self._slicer
