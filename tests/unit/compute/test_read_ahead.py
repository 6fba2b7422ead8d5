"""Reading ahead in a thread, and working on several items at once."""

import threading
from contextlib import closing

import pytest

from captionacc.compute.read_ahead import read_ahead, work_ahead
from captionacc.errors import VideoNotFoundError


class Source:
    """Counts up, notes how far it has come and whether it was closed."""

    def __init__(self, count, error=None):
        self.given = 0
        self.is_closed = False
        self._count = count
        self._error = error

    def __iter__(self):
        try:
            while self.given < self._count:
                self.given += 1
                yield self.given
            if self._error:
                raise self._error
        finally:
            self.is_closed = True


def test_all_items_come_in_order():
    """Nothing is lost, doubled, or out of order."""
    with read_ahead(Source(1000), 4) as items:
        assert list(items) == list(range(1, 1001))


def test_it_never_runs_further_ahead_than_asked():
    """While the caller works on an item, only the given number waits."""
    source = Source(1000)
    with read_ahead(source, 4) as items:
        for item in items:
            assert source.given <= item + 5


def test_error_comes_in_its_place():
    """What the source raises is raised after the items before it."""
    seen = []

    def read():
        with read_ahead(Source(3, VideoNotFoundError("gone")), 4) as items:
            for item in items:
                seen.append(item)  # noqa: PERF402  # what came before the error counts

    with pytest.raises(VideoNotFoundError):
        read()
    assert seen == [1, 2, 3]


def test_caller_that_fails_ends_the_thread_and_closes_the_source():
    """When the caller stops half-way, no thread is left and the source is closed."""
    before, source = threading.active_count(), Source(1000)
    with pytest.raises(ZeroDivisionError), read_ahead(source, 4):
        raise ZeroDivisionError
    assert threading.active_count() == before
    assert source.is_closed
    assert source.given < 1000


def test_results_come_in_the_order_of_the_items():
    """However long each takes, nothing is lost, doubled, or out of order."""
    second_ran = threading.Event()

    def work(number):
        if number == 1:
            assert second_ran.wait(30)
        second_ran.set()
        return number * 10

    with closing(work_ahead(Source(100), work, 2)) as results:
        assert list(results) == [number * 10 for number in range(1, 101)]


def test_few_items_are_held_at_once():
    """Beside those that are worked on, only one item waits."""
    source = Source(100)
    with closing(work_ahead(source, int, 2)) as results:
        for result in results:
            assert source.given <= result + 2


def test_failed_work_is_raised_in_its_place_and_ends_the_threads():
    """The caller gets the results before the failure, then the failure; no thread is left."""
    before, seen = threading.active_count(), []

    def work(number):
        if number == 3:
            raise VideoNotFoundError("gone")
        return number

    def read():
        with closing(work_ahead(Source(1000), work, 2)) as results:
            for result in results:
                seen.append(result)  # noqa: PERF402  # what came before the error counts

    with pytest.raises(VideoNotFoundError):
        read()
    assert seen == [1, 2]
    assert threading.active_count() == before
