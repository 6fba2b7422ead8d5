"""Finds every caption's first and last frame in one pass over the caption band."""

from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from captionacc.boundaries.decode import Located, extents_of, pairs_of
from captionacc.boundaries.features import WorkingSize
from captionacc.boundaries.joining import Joiner, LineReader
from captionacc.boundaries.presence import CaptionDetector, Detector
from captionacc.boundaries.refine import locate
from captionacc.boundaries.segment import Native, Sample, Segment
from captionacc.boundaries.tracker import Tracker
from captionacc.captions.lasting import gradient_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from captionacc.boundaries.features import Floats, Image
    from captionacc.media.band import BandFrame
    from captionacc.model.geometry import PixelRect
    from captionacc.model.layout import CaptionLayout
    from captionacc.model.results import CaptionExtent, PairResult

MODEL_VERSION = "strokes-2"
"""Recorded with the results; changes when the same video may give others."""

_SHORT_SAMPLES = 2
_DOUBTFUL_SAMPLES = 3
_DOUBTFUL_SCORE = 0.7
_UNREADABLE = 0.4


@dataclass(frozen=True, slots=True)
class Look:
    """What the search needs of one native frame of the band.

    Attributes:
        pts_s: Its PTS in seconds.
        samples: The crop frames that it is; possibly empty.
        luma: ``(h, w)`` at the working scale.
        gradient: ``(2, h, w)`` at the working scale; None where there are no samples, as the next.
        i420: The band's picture ``(h * 3 / 2, w)`` at full scale.
    """

    pts_s: float
    samples: range
    luma: Image
    gradient: Floats | None
    i420: Image | None


class BoundaryModel(Protocol):
    """What finds caption boundaries in a stream of frames; a learned model can stand here too."""

    def look(self, frame: BandFrame) -> Look:
        """What is needed of one native frame; may run in another thread, ahead of ``feed``."""
        ...

    def feed(self, look: Look) -> None:
        """Take the next native frame of the band."""
        ...

    def finish(self, end_s: float) -> Boundaries:
        """The result, once all frames of a video that ends at ``end_s`` seconds were fed."""
        ...


@dataclass(frozen=True, slots=True)
class Boundaries:
    """The captions of a video in time.

    Attributes:
        extents: In order, without overlaps.
        sample_count: Number of 10 Hz crop frames.
        detections: How often the text detector ran.
    """

    extents: tuple[CaptionExtent, ...]
    sample_count: int
    detections: int
    _sureness: array[float]

    def pairs(self) -> Iterator[PairResult]:
        """The judgement on each pair of consecutive crop frames, in order."""
        return pairs_of(self.extents, self._sureness)


class BoundaryFinder:
    """The default boundary model: strokes that stand still, judged by correlation.

    Memory does not grow with the length of the video, but for some bytes a sample.
    """

    def __init__(
        self,
        detector: Detector,
        reader: LineReader,
        layout: CaptionLayout,
        band: PixelRect,
        frame_height: int,
    ) -> None:
        """Prepare for one video.

        Args:
            detector: Finds text in the band.
            reader: Reads lines where strokes leave a doubt.
            layout: Where captions sit.
            band: The crop region in pixels, as the frames that will be fed are cut.
            frame_height: Height of the display-oriented full frame in pixels.
        """
        self._size = WorkingSize.of_band(band, layout.line_height * frame_height)
        self._joiner = Joiner(reader, self._size)
        self._tracker = Tracker(
            CaptionDetector(detector, layout, self._size), self._joiner.reads_same, self._closed
        )
        self._held: list[Segment] = []
        self._unlocated: deque[Segment] = deque()
        self._located: list[Located] = []
        self._sample_pts = array("d")
        self._sureness = array("f")

    def look(self, frame: BandFrame) -> Look:
        """What is needed of one native frame; may run in another thread, ahead of ``feed``."""
        luma = self._size.scaled(frame.luma)
        gradient = None if frame.i420 is None else gradient_field(luma)
        return Look(frame.pts_s, frame.samples, luma, gradient, frame.i420)

    def feed(self, look: Look) -> None:
        """Take the next native frame of the band, in order of presentation."""
        self._tracker.native(Native(look.pts_s, look.luma))
        if look.gradient is not None and look.i420 is not None:
            for index in look.samples:
                sample = Sample(index, look.pts_s, look.gradient, look.i420)
                self._sureness.append(self._tracker.sample(sample))
                self._sample_pts.append(look.pts_s)
        while self._unlocated and _is_ready(self._unlocated[0]):
            self._locate(self._unlocated.popleft(), look.pts_s)

    def finish(self, end_s: float) -> Boundaries:
        """The captions of the whole video, which ends at ``end_s`` seconds."""
        self._tracker.finish()
        for segment in (*self._unlocated, *self._held):
            segment.extend_back()
            self._locate(segment, end_s)
        extents = extents_of(self._located, self._sample_pts)
        count = len(self._sample_pts)
        return Boundaries(extents, count, self._tracker.detections, self._sureness)

    def _closed(self, segment: Segment) -> None:
        """Join a finished segment with those held back, or let go of them."""
        for count, held in enumerate(reversed(self._held)):
            if self._joiner.is_same(held, segment):
                held.absorb(segment)
                for _ in range(count):
                    self._held.pop().detach()
                return
            if len(held.template) > _SHORT_SAMPLES:
                break
        self._held.append(segment)
        # A short one may be a disturbed moment of the caption before it, which then goes on.
        keep = 1 + (len(segment.template) <= _SHORT_SAMPLES)
        while len(self._held) > keep:
            self._release(self._held.pop(0))

    def _release(self, segment: Segment) -> None:
        segment.extend_back()
        self._unlocated.append(segment)

    def _locate(self, segment: Segment, end_s: float) -> None:
        if not self._is_noise(segment):
            self._located.append(_located(segment, end_s))
        segment.detach()

    def _is_noise(self, segment: Segment) -> bool:
        """Whether what the detector took for a caption, briefly or doubtfully, reads as nothing."""
        score = max((rect.score for rect in segment.rects), default=0.0)
        if len(segment.template) > _DOUBTFUL_SAMPLES and score >= _DOUBTFUL_SCORE:
            return False
        letters = self._joiner.read(segment)
        if not letters:
            return True
        return sum(letter.probability for letter in letters) / len(letters) < _UNREADABLE


def _located(segment: Segment, end_s: float) -> Located:
    start = segment.start and locate(segment.start)
    stop = segment.stop and locate(segment.stop)
    start_s = start.start_s if start and start.start_s is not None else 0.0
    stop_s = stop.end_s if stop and stop.end_s is not None else end_s
    sharpness = min(moment.sharpness if moment else 1.0 for moment in (start, stop))
    return Located(start_s, stop_s, sharpness)


def _is_ready(segment: Segment) -> bool:
    return all(change is None or change.is_complete for change in (segment.start, segment.stop))
