"""Cuts the band's samples into segments: runs of one caption, with the changes between them.

The detector, which is the dear part, runs only where something changed: while a caption stands,
its template is compared with each sample; while the band is empty, samples are compared with the
last one that was found empty. Segments may be split too often, never too rarely; what belongs
together is joined afterwards.
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from captionacc.boundaries.background import Background
from captionacc.boundaries.features import TILE, Floats, pool
from captionacc.boundaries.presence import same_place
from captionacc.boundaries.refine import MARGIN_S
from captionacc.boundaries.segment import Change, Native, Sample, Segment

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from captionacc.boundaries.presence import Finding
    from captionacc.boundaries.template import Match

    FindCaption = Callable[[Sample, Floats | None], Finding]
    ReadsSame = Callable[[Segment, Segment], bool]

_RECHECK_SAMPLES = 5
"""This often the detector may run where it is doubtful that there is something new to find."""

_STANDING_SAMPLES = 2
"""What has come up beside a caption and stood for so long may be a line of text."""

_RECENT_SAMPLES = 12
"""Samples kept to look back at when a caption is found late."""

_KEPT_S = 2.2
"""Native frames are kept as long, to look back at them too."""

_TILE_CHANGED = 0.7
_TILE_ENERGY = 16 * 16 * 40.0**2
_CHANGED_TILES = 2


class Tracker:
    """Feeds on native frames and samples; hands out finished segments by a callback."""

    def __init__(
        self, find: FindCaption, reads_same: ReadsSame, on_segment: Callable[[Segment], None]
    ) -> None:
        self._find = find
        self._reads_same = reads_same
        self._on_segment = on_segment
        self._current: Segment | None = None
        self._background = Background()
        self._examined: Sample | None = None
        self._recent: deque[Sample] = deque(maxlen=_RECENT_SAMPLES)
        self._doubtful: Sample | None = None
        self._last_end = 0
        self._since_s = -inf
        self._natives: deque[Native] = deque()
        self._open_changes: list[Change] = []
        self.detections = 0

    def native(self, frame: Native) -> None:
        """Note a native frame, in order, before the sample that shows it."""
        self._natives.append(frame)
        while frame.pts_s - self._natives[0].pts_s > _KEPT_S:
            self._natives.popleft()
        for change in self._open_changes:
            change.natives.append(frame)
            change.is_complete = frame.pts_s > change.first_after_s + MARGIN_S
        self._open_changes = [c for c in self._open_changes if not c.is_complete]

    def sample(self, sample: Sample) -> float:
        """Note a 10 Hz sample; returns how sure it is that nothing changed since the last, 0-1."""
        sureness = self._take(sample)
        self._recent.append(sample)
        return sureness

    def finish(self) -> None:
        """No frames follow."""
        if self._current is not None:
            self._keep_doubtful(self._current)
            self._close(self._current)
            self._current = None

    def _take(self, sample: Sample) -> float:
        if self._current is not None:
            return self._while_shown(self._current, sample)
        self._while_empty(sample)
        return 1.0

    def _while_shown(self, segment: Segment, sample: Sample) -> float:
        match = segment.template.match(sample.gradient)
        if segment.is_gone(match):
            self._keep_doubtful(segment)
            self._switch(segment, self._begin(self._detect(sample), sample), sample)
        elif segment.is_unlike(match) and not segment.knows(sample):
            self._while_doubtful(segment, sample, match)
        else:
            self._keep_doubtful(segment)
            segment.note(match)
            if not self._gained_line(segment, sample):
                segment.add(sample)
        return max(match.weakest, 0.0)

    def _while_doubtful(self, segment: Segment, sample: Sample, match: Match) -> None:
        """Some strokes are unlike: another caption if they stay so and read so."""
        first, self._doubtful = self._doubtful, None
        if first is None:
            self._doubtful = sample
        elif self._reads_same(segment, segment.candidate(first)):
            segment.note(match)
            segment.add(first)
            segment.add(sample)
            segment.cleared = sample.gradient
        else:
            followed = self._recent.pop()
            self._switch(segment, self._begin(self._detect(first), first), first)
            self._recent.append(followed)
            self._take(sample)

    def _keep_doubtful(self, segment: Segment) -> None:
        """The doubtful sample was a disturbance of the caption that stands."""
        if self._doubtful is not None:
            segment.add(self._doubtful)
            self._doubtful = None

    def _gained_line(self, segment: Segment, sample: Sample) -> bool:
        """Whether more text has come up beside a standing caption; then begins a new segment."""
        examined = self._examined
        if examined is None or sample.index - examined.index < _RECHECK_SAMPLES:
            return False
        if not self._stands_more(segment, examined, sample):
            return False
        found = self._detect(sample)
        if len(found.rects) <= len(segment.rects) or same_place(found.rects, segment.rects):
            return False
        self._switch(segment, self._begin(found, sample), sample, examined.pts_s)
        return True

    def _stands_more(self, segment: Segment, examined: Sample, sample: Sample) -> bool:
        """Whether something has come up beside the caption since, and stands still."""
        changed = _changed_tiles(examined.gradient, sample.gradient)
        earlier = self._recent[-_STANDING_SAMPLES]
        changed &= ~_changed_tiles(earlier.gradient, sample.gradient)
        for rect in segment.rects:
            rows = slice(rect.top // TILE, -(-rect.bottom // TILE))
            changed[rows, rect.left // TILE : -(-rect.right // TILE)] = False
        return int(changed.sum()) >= _CHANGED_TILES

    def _while_empty(self, sample: Sample) -> None:
        caption = self._begin(self._detect(sample), sample) if self._is_due(sample) else None
        if caption is not None:
            self._switch(None, caption, sample)
            self._background.settle()
        else:
            self._background.add(sample.gradient)

    def _is_due(self, sample: Sample) -> bool:
        """Whether something has come up in the empty band: a caption of 0.3 s spans three samples.

        What the detector overlooked, it may see before another background.
        """
        examined = self._examined
        if examined is None:
            return True
        changed = _changed_tiles(examined.gradient, sample.gradient)
        if sample.index - examined.index < _RECHECK_SAMPLES:
            changed &= ~_changed_tiles(self._recent[-1].gradient, sample.gradient)
        return int(changed.sum()) >= _CHANGED_TILES

    def _begin(self, found: Finding, sample: Sample) -> Segment | None:
        return Segment.begin(found.rects, found.covered, sample) if found.rects else None

    def _switch(
        self,
        before: Segment | None,
        after: Segment | None,
        sample: Sample,
        last_before_s: float | None = None,
    ) -> None:
        if last_before_s is None:
            last_before_s = self._recent[-1].pts_s if self._recent else sample.pts_s
        change = Change(before, after, last_before_s, sample.pts_s, list(self._natives))
        change.not_before_s = self._since_s
        for earlier in self._open_changes:
            earlier.not_after_s = min(earlier.not_after_s, last_before_s)
        self._since_s = sample.pts_s
        self._open_changes.append(change)
        if after is not None:
            after.start = change
            if before is None:
                after.earlier = [s for s in self._recent if s.index >= self._last_end]
        if before is not None:
            before.stop = change
            self._close(before)
        self._current = after

    def _close(self, segment: Segment) -> None:
        self._last_end = segment.end
        self._on_segment(segment)

    def _detect(self, sample: Sample) -> Finding:
        self.detections += 1
        self._examined = sample
        return self._find(sample, self._background.lasting())


def _changed_tiles(before: Floats, after: Floats) -> NDArray[np.bool_]:
    """The tiles with something in them that looks different."""
    cross = pool(np.einsum("cij,cij->ij", before, after))
    energy = pool(np.einsum("cij,cij->ij", before, before))
    new_energy = pool(np.einsum("cij,cij->ij", after, after))
    return (new_energy > _TILE_ENERGY) & (cross <= _TILE_CHANGED * np.sqrt(energy * new_energy))
