"""From captions in seconds to extents and pairs of crop frames."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from captionacc.boundaries.decode import Located, extents_of, pairs_of
from captionacc.model.results import CaptionExtent, PairLabel

SECONDS = st.floats(0, 12, allow_nan=False)
SHARES = st.floats(0, 1, allow_nan=False)
CAPTIONS = st.lists(
    st.builds(Located, SECONDS, SECONDS, SHARES), max_size=8, unique_by=lambda one: one.start_s
).map(lambda captions: sorted(captions, key=lambda one: one.start_s))
SAMPLES = st.lists(SECONDS, max_size=60).map(sorted)


@given(CAPTIONS, SAMPLES)
def test_extents_are_ordered_and_apart(captions, samples) -> None:
    """Whatever was located, extents hold frames and time, in order and without overlaps."""
    extents = extents_of(captions, samples)
    before = CaptionExtent(0, 0, 0.0, 0.0, 1.0)
    for extent in extents:
        assert before.end_index <= extent.start_index < extent.end_index <= len(samples)
        assert before.end_pts_s <= extent.start_pts_s < extent.end_pts_s
        before = extent


@given(CAPTIONS, st.lists(SECONDS, min_size=1, max_size=60).map(sorted))
def test_extents_keep_within_what_was_located(captions, samples) -> None:
    """No extent reaches in time beyond the captions that it came from."""
    starts = {caption.start_s for caption in captions}
    ends = {caption.end_s for caption in captions}
    for extent in extents_of(captions, samples):
        assert extent.start_pts_s in starts | ends
        assert extent.end_pts_s in starts | ends


@given(CAPTIONS, SAMPLES, st.data())
def test_pairs_say_what_extents_say(captions, samples, data) -> None:
    """There is one label for each two neighbouring frames, and it follows from the extents."""
    extents = extents_of(captions, samples)
    sureness = data.draw(st.lists(SHARES, min_size=len(samples), max_size=len(samples)))
    owners = [None] * len(samples)
    for position, extent in enumerate(extents):
        count = extent.end_index - extent.start_index
        owners[extent.start_index : extent.end_index] = [position] * count
    pairs = list(pairs_of(extents, sureness))
    expected = [_label(*both) for both in itertools.pairwise(owners)]
    assert [pair.predicted_label for pair in pairs] == expected
    assert [(pair.frame1_index, pair.frame2_index) for pair in pairs] == [
        (index, index + 1) for index in range(max(len(samples) - 1, 0))
    ]
    for pair in pairs:
        assert all(0 <= p <= 1 for p in (pair.confidence, pair.prob_same, pair.prob_different))
        assert pair.prob_same + pair.prob_different <= 1 + 1e-9


def _label(before, after) -> PairLabel:
    """The label that follows from which caption each frame shows."""
    if before is None and after is None:
        return PairLabel.EMPTY_EMPTY
    if before is None or after is None:
        return PairLabel.EMPTY_TO_CAPTION if before is None else PairLabel.CAPTION_TO_EMPTY
    return PairLabel.SAME if before == after else PairLabel.DIFFERENT


def test_a_later_caption_cuts_the_one_before_short() -> None:
    """Of two captions that seem to overlap, the earlier ends where the later begins."""
    extents = extents_of(
        [Located(0.12, 0.61, 0.9), Located(0.5, 0.8, 0.8)], [k / 10 for k in range(10)]
    )
    assert extents == (CaptionExtent(2, 5, 0.12, 0.5, 0.9), CaptionExtent(5, 8, 0.5, 0.8, 0.8))


def test_a_caption_between_two_samples_keeps_its_time_and_gets_a_frame() -> None:
    """However short it is, a caption has one crop frame, after those of the caption before."""
    extents = extents_of(
        [Located(0.31, 0.33, 1.0), Located(0.34, 0.38, 1.0)], [k / 10 for k in range(8)]
    )
    assert extents == (CaptionExtent(4, 5, 0.31, 0.33, 1.0), CaptionExtent(5, 6, 0.34, 0.38, 1.0))


def test_a_change_is_as_sure_as_the_caption_that_it_begins_or_ends() -> None:
    """Boundaries carry the caption's confidence, other pairs the sureness of their frames."""
    extents = [CaptionExtent(1, 2, 0.1, 0.2, 0.75), CaptionExtent(2, 4, 0.2, 0.4, 0.875)]
    sure = [1.0, 0.2, 0.3, 0.9375, 0.1, 1.0]
    assert [(pair.predicted_label, pair.confidence) for pair in pairs_of(extents, sure)] == [
        (PairLabel.EMPTY_TO_CAPTION, 0.75),
        (PairLabel.DIFFERENT, 0.875),
        (PairLabel.SAME, 0.9375),
        (PairLabel.CAPTION_TO_EMPTY, 0.875),
        (PairLabel.EMPTY_EMPTY, 1.0),
    ]
