"""Doing several things at once: fetching items while others are worked on."""

from __future__ import annotations

import queue
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from concurrent.futures import Future

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_POLL_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None


@contextmanager
def read_ahead(items: Iterable[_Item], depth: int) -> Generator[Iterator[_Item]]:
    """Iterate over ``items`` in a thread of its own, at most ``depth`` ahead of the caller.

    What the iteration raises is raised to the caller in its place. When the block ends, so does
    the thread, and the iteration is closed.
    """
    reader = _Reader(items, depth)
    try:
        yield iter(reader)
    finally:
        reader.stop()


def work_ahead(
    items: Iterable[_Item], work: Callable[[_Item], _Result], threads: int
) -> Generator[_Result]:
    """``work`` on each of ``items``, on so many at once as there are ``threads``; results in order.

    Items are fetched by the caller's thread, one more than are worked on. Close the generator to
    end the threads early.
    """
    with ThreadPoolExecutor(threads, "work ahead") as pool:
        waiting: deque[Future[_Result]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


class _Reader(Generic[_Item]):
    def __init__(self, items: Iterable[_Item], depth: int) -> None:
        self._items = items
        self._waiting: queue.Queue[_Item | _End] = queue.Queue(depth)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read, name="read ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[_Item]:
        while not isinstance(item := self._waiting.get(), _End):
            yield item
        if item.error is not None:
            raise item.error

    def stop(self) -> None:
        """End the thread; returns when it has ended."""
        self._stopped.set()
        self._thread.join()

    def _read(self) -> None:
        iterator = iter(self._items)
        try:
            for item in iterator:
                if not self._put(item):
                    break
            end = _End()
        except BaseException as error:  # noqa: BLE001  # the edge of the thread: raised in the other
            end = _End(error)
        finally:
            if hasattr(iterator, "close"):
                iterator.close()  # pyright: ignore[reportAttributeAccessIssue]  # a generator
        self._put(end)

    def _put(self, item: _Item | _End) -> bool:
        """Wait for room; ``False`` if the caller has gone."""
        while not self._stopped.is_set():
            try:
                self._waiting.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False
