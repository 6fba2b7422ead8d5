"""How well predicted captions match the ground truth.

Texts are compared after ``normalised``. Cues are matched one to one, in order of time, so that the
sum of overlap x similarity is as large as possible; two cues can match only if they overlap and
their texts are alike (similarity at least one half, or one character apart).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rapidfuzz.distance import Levenshtein

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cues import PredictedCue, TrueCue, Truth

_MIN_SIMILARITY = 0.5
_TOLERANCE_S = 0.1 + 1e-6
_WIDE = re.compile(r"(?<=[⺀-鿿가-힯豈-﫿])\s|\s(?=[⺀-鿿가-힯豈-﫿])")


@dataclass(frozen=True, slots=True)
class Boundary:
    """One boundary of a matched cue: predicted minus true."""

    is_start: bool
    fades: bool
    error_frames: int
    error_s: float

    @property
    def is_good(self) -> bool:
        """Within one native frame, or 0.1 s where the cue fades."""
        return abs(self.error_s) <= _TOLERANCE_S if self.fades else abs(self.error_frames) <= 1


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over one clip, or summed over several.

    Attributes:
        truth: True cues.
        extra: Predicted cues without a true one.
        exact: Matched cues whose normalised texts are equal.
        characters: Normalised characters of all true cues.
        character_errors: Edits that mend all of them; a missed cue counts all of its characters.
        boundaries: Both boundaries of every matched cue.
        remarks: One line for each cue that is missed, extra or not exact.
    """

    truth: int
    extra: int
    exact: int
    characters: int
    character_errors: int
    boundaries: tuple[Boundary, ...]
    remarks: tuple[str, ...] = ()

    @property
    def matched(self) -> int:
        """True cues that a predicted one was found for."""
        return len(self.boundaries) // 2

    @property
    def missed(self) -> int:
        """True cues that none was found for."""
        return self.truth - self.matched

    def __add__(self, other: Score) -> Score:
        return Score(
            self.truth + other.truth,
            self.extra + other.extra,
            self.exact + other.exact,
            self.characters + other.characters,
            self.character_errors + other.character_errors,
            self.boundaries + other.boundaries,
            self.remarks + other.remarks,
        )

    def summary(self) -> dict[str, Any]:
        """The figures by name; shares are of matched cues, but ``exact`` is of all true cues."""
        cuts = [boundary for boundary in self.boundaries if not boundary.fades]
        fades = [boundary for boundary in self.boundaries if boundary.fades]
        starts = [boundary for boundary in self.boundaries if boundary.is_start]
        ends = [boundary for boundary in self.boundaries if not boundary.is_start]
        return {
            "truth": self.truth,
            "matched": self.matched,
            "missed": self.missed,
            "extra": self.extra,
            "exact": _share(self.exact, self.truth),
            "cer": _share(self.character_errors, self.characters),
            "start_within_1_frame": _within_frame(starts),
            "end_within_1_frame": _within_frame(ends),
            "start_within_100_ms": _within_tolerance(starts),
            "end_within_100_ms": _within_tolerance(ends),
            "cuts_within_1_frame": _within_frame(cuts),
            "fades_within_100_ms": _within_tolerance(fades),
        }


NOTHING = Score(0, 0, 0, 0, 0, ())
"""The sum of no clips."""


def normalised(text: str) -> str:
    """``text`` as it is compared.

    NFKC (full-width forms and ligatures become plain ones, an ellipsis three dots); every run of
    white space, line breaks too, becomes one space; none at the ends nor beside a Chinese,
    Japanese or Korean character. Case, accents and punctuation count.
    """
    folded = " ".join(unicodedata.normalize("NFKC", text).split())
    return _WIDE.sub("", folded)


def score(truth: Truth, predictions: Iterable[PredictedCue]) -> Score:
    """Match and count; predictions may come in any order."""
    predicted = sorted(predictions, key=lambda cue: (cue.start_s, cue.end_s))
    pairs = match(truth, predicted)
    errors = exact = 0
    boundaries: list[Boundary] = []
    for number, cue in enumerate(truth.cues):
        expected = normalised(cue.text)
        found = predicted[pairs[number]] if number in pairs else None
        distance = Levenshtein.distance(expected, normalised(found.text) if found else "")
        errors += distance
        if found:
            exact += distance == 0
            boundaries += _boundaries(truth, cue, found)
    return Score(
        len(truth.cues),
        len(predicted) - len(pairs),
        exact,
        sum(len(normalised(cue.text)) for cue in truth.cues),
        errors,
        tuple(boundaries),
        tuple(_remarks(truth, predicted, pairs)),
    )


def match(truth: Truth, predicted: Sequence[PredictedCue]) -> dict[int, int]:
    """Index of the predicted cue for each matched true cue, both sequences in order of time."""
    rows, columns = len(truth.cues), len(predicted)
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in reversed(range(rows)):
        for column in reversed(range(columns)):
            weight = _weight(truth, truth.cues[row], predicted[column])
            together = best[row + 1][column + 1] + weight if weight else 0.0
            best[row][column] = max(together, best[row + 1][column], best[row][column + 1])
    pairs: dict[int, int] = {}
    row = column = 0
    while row < rows and column < columns:
        if best[row][column] == best[row + 1][column]:
            row += 1
        elif best[row][column] == best[row][column + 1]:
            column += 1
        else:
            pairs[row] = column
            row, column = row + 1, column + 1
    return pairs


def _weight(truth: Truth, cue: TrueCue, found: PredictedCue) -> float:
    start_s, end_s = truth.pts_s[cue.start], truth.pts_s[cue.end]
    overlap_s = min(end_s, found.end_s) - max(start_s, found.start_s)
    if overlap_s <= 0:
        return 0.0
    expected, text = normalised(cue.text), normalised(found.text)
    similarity = Levenshtein.normalized_similarity(expected, text)
    alike = similarity >= _MIN_SIMILARITY or Levenshtein.distance(expected, text) <= 1
    return overlap_s * max(similarity, 0.01) if alike else 0.0


def _boundaries(truth: Truth, cue: TrueCue, found: PredictedCue) -> list[Boundary]:
    places = ((True, cue.start, found.start_s), (False, cue.end, found.end_s))
    return [
        Boundary(
            is_start,
            cue.fades,
            truth.frame_at(time_s) - frame,
            time_s - truth.pts_s[frame],
        )
        for is_start, frame, time_s in places
    ]


def _remarks(
    truth: Truth, predicted: Sequence[PredictedCue], pairs: dict[int, int]
) -> Iterable[str]:
    for number, cue in enumerate(truth.cues):
        at = f"{truth.pts_s[cue.start]:8.3f} s"
        if number not in pairs:
            yield f"{at} missed {cue.text!r}"
            continue
        found = predicted[pairs[number]]
        if normalised(found.text) != normalised(cue.text):
            yield f"{at} text   {cue.text!r} read as {found.text!r}"
        off = _boundaries(truth, cue, found)
        if not all(boundary.is_good for boundary in off):
            start, end = (boundary.error_frames for boundary in off)
            yield f"{at} timing {cue.text!r} off by {start:+d} and {end:+d} frames"
    for number in sorted(set(range(len(predicted))) - set(pairs.values())):
        yield f"{predicted[number].start_s:8.3f} s extra  {predicted[number].text!r}"


def _within_frame(boundaries: Sequence[Boundary]) -> float | None:
    good = sum(abs(boundary.error_frames) <= 1 for boundary in boundaries)
    return _share(good, len(boundaries))


def _within_tolerance(boundaries: Sequence[Boundary]) -> float | None:
    good = sum(abs(boundary.error_s) <= _TOLERANCE_S for boundary in boundaries)
    return _share(good, len(boundaries))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
