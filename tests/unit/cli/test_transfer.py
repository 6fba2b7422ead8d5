"""A file goes to the store in parts, in small pieces, and again after failures."""

import os
import threading
import tracemalloc

import pytest

from captionacc.cli import transfer
from captionacc.cli.source import look_at, read_part, split
from captionacc.cli.transfer import Transfer
from captionacc.errors import BadInputError, CancelledError, StoreError, VideoNotFoundError

from .conftest import Answer

CONTENT = bytes(range(256)) * 4096
PART_BYTES = 300_000


@pytest.fixture
def source(tmp_path):
    """A file of a megabyte."""
    path = tmp_path / "film.mp4"
    path.write_bytes(CONTENT)
    return look_at(path)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(transfer, "_FIRST_PAUSE_S", 0.001)


class Store:
    """Keeps what is put; the first answers to a part may be others."""

    def __init__(self, serve, first=()) -> None:
        self.parts = {}
        self.signed = []
        self._first = list(first)
        self._lock = threading.Lock()
        self._url = serve(self._answer).url

    def sign(self, numbers):
        """URLs for these parts."""
        self.signed.append(list(numbers))
        return {number: f"{self._url}/{number}?n={len(self.signed)}" for number in numbers}

    def _answer(self, asked):
        with self._lock:
            if self._first:
                return self._first.pop(0)
            assert "Transfer-Encoding" not in asked.headers
            self.parts[int(asked.path.strip("/").split("?")[0])] = asked.body
        return Answer(body=b"")

    @property
    def content(self) -> bytes:
        """All parts in order."""
        return b"".join(self.parts[number] for number in sorted(self.parts))


def test_whole_file_arrives(serve, source):
    """Every byte arrives once and is counted once."""
    store, counted = Store(serve), []
    Transfer(source, store.sign, counted.append).run(split(source.size_bytes, PART_BYTES))
    assert store.content == CONTENT
    assert sum(counted) == len(CONTENT)
    assert store.signed == [[1, 2, 3, 4]]


def test_only_missing_parts_are_sent(serve, source):
    """What has arrived before stays where it is."""
    store, parts = Store(serve), split(source.size_bytes, PART_BYTES)
    Transfer(source, store.sign, lambda _size: None).run(parts[2:])
    assert sorted(store.parts) == [3, 4]


def test_failures_are_tried_again(serve, source):
    """A broken connection, a busy store and an expired URL cost an attempt, not the upload."""
    store = Store(serve, [None, Answer(503), Answer(403)])
    counted = []
    Transfer(source, store.sign, counted.append).run(split(source.size_bytes, PART_BYTES))
    assert store.content == CONTENT
    assert sum(counted) == len(CONTENT)
    assert len(store.signed) == 2


def test_store_that_always_refuses(serve, source):
    """In the end the person is told which part, why, and that nothing is lost."""
    store = Store(serve, [Answer(500)] * 100)
    with pytest.raises(StoreError, match=r"answered 500\. Run .* what has arrived is kept"):
        Transfer(source, store.sign, lambda _size: None).run(split(source.size_bytes, PART_BYTES))


def test_file_is_never_whole_in_memory(serve, tmp_path):
    """A part is streamed: a large one needs no more memory than a few pieces."""
    path = tmp_path / "large.mp4"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    source = look_at(path)

    def drain(asked):
        assert len(asked.body) == 64 << 20
        return Answer(body=b"")

    server = serve(drain)
    descriptor = os.open(path, os.O_RDONLY)
    tracemalloc.start()
    try:
        for _piece in read_part(
            descriptor, split(64 << 20, 64 << 20)[0], lambda _size: None, threading.Event()
        ):
            pass
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
        os.close(descriptor)
    Transfer(source, lambda numbers: dict.fromkeys(numbers, server.url), lambda _s: None).run(
        split(64 << 20, 64 << 20)
    )


def test_reading_ends_when_told_to(source):
    """An interrupted upload does not send its parts to their ends."""
    stop = threading.Event()
    descriptor = os.open(source.path, os.O_RDONLY)
    try:
        pieces = read_part(descriptor, split(len(CONTENT), len(CONTENT))[0], lambda _s: None, stop)
        next(pieces)
        stop.set()
        with pytest.raises(CancelledError):
            next(pieces)
    finally:
        os.close(descriptor)


def test_file_that_shrinks(source):
    """A file that became shorter is told, not padded."""
    part = split(len(CONTENT), len(CONTENT))[0]
    source.path.write_bytes(b"short")
    descriptor = os.open(source.path, os.O_RDONLY)
    try:
        with pytest.raises(BadInputError, match="shorter"):
            list(read_part(descriptor, part, lambda _size: None, threading.Event()))
    finally:
        os.close(descriptor)


def test_parts_cover_the_file():
    """The last part is shorter, or as long as the others."""
    assert [(part.start, part.size) for part in split(10, 4)] == [(0, 4), (4, 4), (8, 2)]
    assert [part.number for part in split(8, 4)] == [1, 2]


def test_fingerprint_tells_files_apart(tmp_path):
    """Another content, size or time of change is another upload; a second look is the same."""
    path = tmp_path / "film.mp4"
    path.write_bytes(CONTENT)
    os.utime(path, ns=(1, 1))
    first = look_at(path).fingerprint
    assert look_at(path).fingerprint == first
    os.utime(path, ns=(1, 2))
    assert look_at(path).fingerprint != first
    path.write_bytes(CONTENT[:-1] + b"?")
    os.utime(path, ns=(1, 1))
    assert look_at(path).fingerprint != first


def test_what_is_no_file_is_told_at_once(tmp_path):
    """Nothing is sent of a missing, empty or special file."""
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(VideoNotFoundError):
        look_at(tmp_path / "missing.mp4")
    with pytest.raises(BadInputError, match="empty"):
        look_at(tmp_path / "empty.mp4")
    with pytest.raises(BadInputError, match="folder"):
        look_at(tmp_path)
