"""A watermark is painted over where a caption does not cross it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from captionacc.captions.lasting import without_lasting

HEIGHT, WIDTH = 96, 480
MARK = np.s_[30:70, 20:150]
"""Where the watermark is and the caption is not."""


def scene(seed):
    """A smooth picture with some grain."""
    random = np.random.default_rng(seed)
    coarse = random.integers(40, 160, (3, 12, 3)).astype(np.uint8)
    picture = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return cv2.add(picture, random.integers(0, 6, picture.shape).astype(np.uint8))


def written(picture, text, left, *, opacity=1.0):
    """``picture`` with white ``text``."""
    drawn = picture.copy()
    cv2.putText(drawn, text, (left, 62), 0, 1.2, (255, 255, 255), 3, cv2.LINE_AA)
    return cv2.addWeighted(drawn, opacity, picture, 1 - opacity, 0)


def watermark(picture):
    """``picture`` under the watermark."""
    return written(picture, "MARK", 30, opacity=0.8)


def difference(left, right):
    """Mean absolute difference of two pictures."""
    return float(np.abs(left.astype(int) - right.astype(int)).mean())


@pytest.fixture
def others():
    """Frames without a caption, all with the watermark on another picture."""
    return [watermark(scene(seed)) for seed in range(6)]


def test_a_watermark_is_erased(others) -> None:
    """Where only the watermark stands, the picture looks as if it were not there."""
    clean = scene(9)
    marked = watermark(clean)
    erased = without_lasting(marked, [others])
    assert difference(erased[MARK], clean[MARK]) < 0.2 * difference(marked[MARK], clean[MARK])


def test_a_caption_beside_the_watermark_stays_as_it_is(others) -> None:
    """Nothing but the watermark and its edges is touched."""
    picture = written(watermark(scene(9)), "Caption", 220)
    erased = without_lasting(picture, [others])
    assert np.array_equal(erased[:, 200:], picture[:, 200:])


def test_a_caption_that_crosses_the_watermark_stays(others) -> None:
    """Where the caption's own strokes are, they are not taken for the watermark's."""
    clean = scene(9)
    picture = written(watermark(clean), "Crossing it", 44)
    changed = np.abs(picture.astype(int) - watermark(clean).astype(int)).min(axis=2)
    strokes = changed > 60
    erased = without_lasting(picture, [others])
    lost = np.abs(erased.astype(int) - picture.astype(int)).max(axis=2) > 30
    assert strokes.sum() > 1000
    assert lost[strokes].mean() < 0.1
    assert lost[~strokes].any()


def test_where_nothing_lasts_the_picture_stays_unchanged() -> None:
    """Frames that have nothing in common tell of no watermark."""
    picture = written(scene(9), "Caption", 120)
    unchanged = without_lasting(picture, [[scene(seed) for seed in range(6)]])
    assert np.array_equal(unchanged, picture)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_frames_tell_nothing(others, count) -> None:
    """What stands in one other frame only may be anything."""
    picture = watermark(scene(9))
    assert np.array_equal(without_lasting(picture, [others[:count]]), picture)


def test_a_watermark_that_is_gone_is_not_searched(others) -> None:
    """Lasting strokes that this picture does not show leave it as good as untouched."""
    picture = written(scene(9), "Caption", 220)
    touched = np.abs(without_lasting(picture, [others]).astype(int) - picture.astype(int))
    assert touched.max() < 20


def test_any_group_of_frames_can_tell_of_a_watermark(others) -> None:
    """One that shows nothing in common does not hide what another one shows."""
    marked = watermark(scene(9))
    groups = [[scene(seed) for seed in range(20, 26)], others]
    assert np.array_equal(without_lasting(marked, groups), without_lasting(marked, [others]))
