"""When the detector and the reader are asked, and when strokes are enough."""

import numpy as np
import pytest

from captionacc.boundaries.presence import Finding, Rect
from captionacc.boundaries.segment import Native, Sample
from captionacc.boundaries.tracker import Tracker

SHAPE = (2, 48, 160)
LINE = Rect(16, 16, 144, 32)


def strokes(seed):
    """Gradients of a band full of strokes."""
    return np.random.default_rng(seed).normal(0, 200, SHAPE).astype(np.float32)


def disturbed(seed):
    """The caption with something else in place of one letter."""
    field = strokes(0)
    field[:, 16:32, 64:80] = strokes(seed)[:, 16:32, 64:80]
    return field


@pytest.fixture
def readings():
    """The readings asked for so far."""
    return []


@pytest.fixture
def tracker(readings):
    """A tracker whose detector finds one line in every sample, and whose reader sees no change."""

    def reads_same(earlier, later):
        readings.append((earlier, later))
        return True

    return Tracker(lambda *_: Finding((LINE,), None), reads_same, lambda _segment: None)


def feed(tracker, fields):
    """Show each field for one sample."""
    for index, field in enumerate(fields):
        tracker.native(Native(index / 10, np.zeros(SHAPE[1:], np.uint8)))
        tracker.sample(Sample(index, index / 10, field, np.zeros((72, 160), np.uint8)))


def test_a_still_disturbance_is_read_once(tracker, readings) -> None:
    """A scene behind a caption that stays as it is gives rise to one reading."""
    feed(tracker, [strokes(0)] * 4 + [disturbed(1)] * 12)
    assert len(readings) == 1


def test_another_disturbance_is_read_again(tracker, readings) -> None:
    """What has not been read as this caption before is read."""
    feed(tracker, [strokes(0)] * 4 + [disturbed(1)] * 2 + [disturbed(2)] * 2)
    assert len(readings) == 2


@pytest.fixture
def examined():
    """The samples that the detector was asked about so far, by their index."""
    return []


@pytest.fixture
def searcher(examined):
    """A tracker whose detector finds nothing."""

    def find(sample, _lasting):
        examined.append(sample.index)
        return Finding((), None)

    return Tracker(find, lambda *_: False, lambda _segment: None)


def test_a_moving_picture_is_examined_twice_a_second(searcher, examined) -> None:
    """What changes from sample to sample is no caption; one that was overlooked is found later."""
    feed(searcher, map(strokes, range(21)))
    assert examined == [0, 5, 10, 15, 20]


def test_what_comes_up_and_stands_is_examined_at_once(searcher, examined) -> None:
    """A caption of 0.3 s is found whenever it begins."""

    def with_caption(seed):
        field = strokes(seed)
        field[:, 16:32, 16:144] = strokes(100)[:, 16:32, 16:144]
        return field

    feed(searcher, [strokes(0), strokes(1), *map(with_caption, range(2, 5)), strokes(5)])
    assert examined == [0, 3]
