"""Pieces of the band's time line: runs of samples with one caption, and what separates them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Self

from captionacc.boundaries.template import Template

if TYPE_CHECKING:
    from captionacc.boundaries.features import Floats, Image
    from captionacc.boundaries.joining import Letter
    from captionacc.boundaries.presence import Rect
    from captionacc.boundaries.template import Match
    from captionacc.captions.lasting import Mask

_MAX_PICTURES = 5

_UNLIKE_BELOW = 0.45
"""Weakest tile under which a sample may show another caption."""

_GONE_BELOW = 0.5
"""Overall match under which a sample no longer shows the caption."""

_UNLIKE_SHARE = 0.8
_UNLIKE_AT_FIRST = 0.3
_USUAL_FINEST = 0.85

SAME_FINEST = 0.9
"""Match of the finest tiles from which two pictures show the same caption."""

_SHOWN_ABOVE = 0.6
"""Overall match from which an earlier sample shows the caption too."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One 10 Hz frame of the band.

    Attributes:
        index: Crop-frame index.
        pts_s: PTS of the native frame it shows, in seconds.
        gradient: ``(2, h, w)`` at the working scale.
        i420: The band's picture ``(h * 3 / 2, w)`` at full scale.
    """

    index: int
    pts_s: float
    gradient: Floats
    i420: Image


@dataclass(frozen=True, slots=True)
class Native:
    """One native frame of the band: PTS in seconds and luma ``(h, w)`` at the working scale."""

    pts_s: float
    luma: Image


@dataclass(slots=True)
class Segment:
    """A run of samples ``[first, end)`` with one caption, as far as is known.

    Attributes:
        rects: The caption's lines at the working scale.
        covered: Where a watermark stands at the working scale, ``(h, w)``; None for nowhere.
        template: Its strokes.
        first: First sample that shows it.
        end: First sample after it.
        pictures: A few full-scale pictures from all over the run, I420.
        earlier: Samples just before, which the detector found empty or did not see.
        usual: How well the finest tiles of its last samples matched.
        letters: What it reads, once it was read.
        cleared: Gradient of the last sample that was unlike, but read the same.
        start: The change at which it begins.
        stop: The change at which it ends; None while it stands, or to the end of the video.
    """

    rects: tuple[Rect, ...]
    covered: Mask | None
    template: Template
    first: int
    end: int
    pictures: list[Image] = field(default_factory=list["Image"])
    earlier: list[Sample] = field(default_factory=list["Sample"])
    usual: deque[float] = field(default_factory=lambda: deque[float](maxlen=9))
    letters: tuple[Letter, ...] | None = None
    cleared: Floats | None = None
    start: Change | None = None
    stop: Change | None = None

    @classmethod
    def begin(cls, rects: tuple[Rect, ...], covered: Mask | None, sample: Sample) -> Self:
        """A run whose first sample is ``sample``."""
        template = Template(rects, sample.gradient, covered)
        return cls(rects, covered, template, sample.index, sample.index + 1, [sample.i420])

    def candidate(self, sample: Sample) -> Segment:
        """What follows if ``sample`` shows another caption in the same place."""
        return Segment.begin(self.rects, self.covered, sample)

    def covers(self, area: tuple[slice, slice]) -> bool:
        """Whether a watermark reaches into ``area`` of the band."""
        return self.covered is not None and bool(self.covered[area].any())

    def is_gone(self, match: Match) -> bool:
        """Whether a sample that matches like this no longer shows this caption."""
        return match.weakest < _UNLIKE_BELOW and match.overall < _GONE_BELOW

    def is_unlike(self, match: Match) -> bool:
        """Whether a sample that matches like this may show another, similar caption."""
        usual = sorted(self.usual)[len(self.usual) // 2] if self.usual else _USUAL_FINEST
        limit = _UNLIKE_SHARE * usual if len(self.template) > 1 else _UNLIKE_AT_FIRST
        return match.weakest < _UNLIKE_BELOW or match.finest < limit

    def knows(self, sample: Sample) -> bool:
        """Whether a sample looks like the unlike one that was last read as this caption.

        A still picture behind thin strokes makes all of its samples unlike; one reading will do.
        """
        if self.cleared is None:
            return False
        return self.template.compare(self.cleared, sample.gradient).finest >= SAME_FINEST

    def note(self, match: Match) -> None:
        """Remember how this caption's samples usually match."""
        self.usual.append(match.finest)

    def add(self, sample: Sample) -> None:
        """Extend the run by one sample."""
        self.template.add(sample.gradient)
        self.end = sample.index + 1
        self.pictures.append(sample.i420)
        if len(self.pictures) > _MAX_PICTURES:
            # Dropping every other one keeps them spread, since later ones come in at full rate.
            self.pictures = self.pictures[::2]

    def extend_back(self) -> None:
        """Begin at the first of the samples just before that show the caption too.

        Every other empty sample is skipped, and the detector overlooks some; what the segment
        has learned since tells.
        """
        change = self.start
        while change is not None and self.earlier:
            sample = self.earlier.pop()
            change.last_before_s = sample.pts_s
            if self.template.match(sample.gradient).overall < _SHOWN_ABOVE:
                break
            self.first, change.first_after_s = sample.index, sample.pts_s
            self.template.add(sample.gradient)
            self.pictures = [sample.i420, *self.pictures[-_MAX_PICTURES + 1 :]]
            self.letters = None
        self.earlier = []

    def absorb(self, later: Segment) -> None:
        """Take over a later run that shows the same caption."""
        self.end = later.end
        self.stop = later.stop
        if len(later.template) > len(self.template):
            self.template, self.rects = later.template, later.rects
            self.covered = later.covered
        self.pictures = (self.pictures + later.pictures)[-_MAX_PICTURES:]
        self.letters = None
        later.detach()

    def detach(self) -> None:
        """Let go of the changes at both ends, which hold frames and lead to other segments."""
        self.start = self.stop = None


@dataclass(slots=True)
class Change:
    """The moment between two segments, or between one and an empty band.

    Attributes:
        before: Segment that ends here; None for an empty band.
        after: Segment that begins here; None for an empty band.
        last_before_s: PTS of the last sample known to be before the change.
        first_after_s: PTS of the first sample known to be after it.
        natives: Native frames around the change, in order.
        not_before_s: Frames before this may show something else again.
        not_after_s: Frames after this may, too.
        is_complete: Whether all frames around the change are there.
    """

    before: Segment | None
    after: Segment | None
    last_before_s: float
    first_after_s: float
    natives: list[Native]
    not_before_s: float = -inf
    not_after_s: float = inf
    is_complete: bool = False
