"""Text that stays while captions change: logos, watermarks, clocks, score boards.

A track follows one text at one place over the samples. How long it lasts tells what it is: no
caption stays for ``CERTAIN_SPAN_S``; between ``CAPTION_SPAN_S`` and that it may be a very long
caption, and the caller decides when it knows how captions look in this video.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from captionacc.model.layout import Overlay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.model.geometry import OcrBox
    from captionacc.model.results import FrameOcr

CAPTION_SPAN_S = 8.0
"""Captions are taken off after about seven seconds by every subtitling guideline."""

CERTAIN_SPAN_S = 20.0
"""Nothing that people are to read once is kept this long."""

CERTAIN_SAMPLES = 3
"""Two samples far apart may show one caption that is said twice."""

MIN_PRESENCE = 0.6
"""Share of the samples between first and last that show it; the OCR misses pale text at times."""

SPARSE_PRESENCE = 0.25
SPARSE_SAMPLES = 4
"""A faint watermark is read in few samples, but always at its place; a repeated short caption
(``Yes.``) is too rare among its neighbours to get here."""

MIN_SIMILARITY = 55.0
"""Similarity of two readings of one watermark, 0-100; different captions reach about 40."""

SAME_PLACE_HEIGHTS = 0.5
"""Largest shift of any edge between two readings, in box heights."""

MAX_MISSED = 6
"""A track that was not seen in so many samples on end is closed."""

_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class LastingText:
    """One text that stayed at one place.

    Attributes:
        members: ``(sample, box index)`` of each reading.
        is_certain: It lasts too long for any caption.
    """

    overlay: Overlay
    members: frozenset[tuple[int, int]]
    is_certain: bool


@dataclass(slots=True)
class _Track:
    samples: list[int] = field(default_factory=list[int])
    times_s: list[float] = field(default_factory=list[float])
    indexes: list[int] = field(default_factory=list[int])
    boxes: list[OcrBox] = field(default_factory=list["OcrBox"])

    def add(self, sample: int, pts_s: float, index: int, box: OcrBox) -> None:
        self.samples.append(sample)
        self.times_s.append(pts_s)
        self.indexes.append(index)
        self.boxes.append(box)


def find_lasting_text(frames: Sequence[FrameOcr], aspect: float) -> list[LastingText]:
    """Find the text that stays at one place for longer than a caption does.

    Args:
        frames: The samples in order of time.
        aspect: Width of the frame divided by its height.
    """
    open_tracks: list[_Track] = []
    closed: list[_Track] = []
    for sample, frame in enumerate(frames):
        open_tracks, done = _split_stale(open_tracks, sample)
        closed.extend(done)
        _extend(open_tracks, sample, frame, aspect)
    tracks = [*closed, *open_tracks]
    return [_lasting(track) for track in tracks if _lasts(track)]


def _split_stale(tracks: list[_Track], sample: int) -> tuple[list[_Track], list[_Track]]:
    fresh = [track for track in tracks if sample - track.samples[-1] <= MAX_MISSED]
    stale = [track for track in tracks if sample - track.samples[-1] > MAX_MISSED]
    return fresh, stale


def _extend(tracks: list[_Track], sample: int, frame: FrameOcr, aspect: float) -> None:
    """Add each box of the frame to the track that it continues, or let it begin one."""
    begun: list[_Track] = []
    for index, box in enumerate(frame.boxes):
        track = next(
            (t for t in tracks if t.samples[-1] < sample and _continues(t, box, aspect)), None
        )
        if track is None:
            track = _Track()
            begun.append(track)
        track.add(sample, frame.pts_s, index, box)
    tracks.extend(begun)


def _continues(track: _Track, box: OcrBox, aspect: float) -> bool:
    return any(_is_same(known, box, aspect) for known in (track.boxes[-1], track.boxes[0]))


def _is_same(one: OcrBox, other: OcrBox, aspect: float) -> bool:
    slack = SAME_PLACE_HEIGHTS * max(one.height, other.height)
    shift_x = max(abs(one.left - other.left), abs(one.right - other.right)) * aspect
    shift_y = max(abs(one.top - other.top), abs(one.bottom - other.bottom))
    if max(shift_x, shift_y) > slack:
        return False
    return fuzz.ratio(_without_digits(one.text), _without_digits(other.text)) >= MIN_SIMILARITY


def _without_digits(text: str) -> str:
    """The text as a clock or score board shows it at any time: digits change, the form stays."""
    return _DIGIT.sub("0", text)


def _span_s(track: _Track) -> float:
    return track.times_s[-1] - track.times_s[0]


def _presence(track: _Track) -> float:
    return len(track.samples) / (track.samples[-1] - track.samples[0] + 1)


def _lasts(track: _Track) -> bool:
    count, presence = len(track.samples), _presence(track)
    is_steady = (count >= 2 and presence >= MIN_PRESENCE) or (  # noqa: PLR2004 (seen again)
        count >= SPARSE_SAMPLES and presence >= SPARSE_PRESENCE
    )
    return is_steady and _span_s(track) >= CAPTION_SPAN_S


def _lasting(track: _Track) -> LastingText:
    overlay = Overlay(
        left=median(box.left for box in track.boxes),
        top=median(box.top for box in track.boxes),
        right=median(box.right for box in track.boxes),
        bottom=median(box.bottom for box in track.boxes),
        first_s=track.times_s[0],
        last_s=track.times_s[-1],
    )
    is_certain = (
        _span_s(track) >= CERTAIN_SPAN_S
        and _presence(track) >= MIN_PRESENCE
        and len(track.samples) >= CERTAIN_SAMPLES
    )
    members = frozenset(zip(track.samples, track.indexes, strict=True))
    return LastingText(overlay, members, is_certain)
