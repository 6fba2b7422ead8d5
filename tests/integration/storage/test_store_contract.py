"""What every object store does, whether a folder or a bucket."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from captionacc.errors import (
    ConflictError,
    ObjectNotFoundError,
    OutputNotWritableError,
    StoreError,
)

MANY = 16


def at_once(work):
    """What each of many threads that begin together returns from ``work(number)``."""
    ready = threading.Barrier(MANY)

    def begin(number):
        ready.wait()
        return work(number)

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(begin, range(MANY)))


def file_with(folder, data, name="source"):
    """A file that holds ``data``."""
    path = folder / name
    path.write_bytes(data)
    return path


def test_what_is_put_is_got(store):
    """An object reads back whole, and a second put replaces it."""
    store.put("a/b.bin", b"one")
    store.put("a/b.bin", b"second")
    assert store.get("a/b.bin") == b"second"


@pytest.mark.parametrize("size", [0, 1, 8 << 20, (17 << 20) + 1])
def test_files_of_any_size_survive(store, tmp_path, size):
    """A file is stored and fetched unchanged, in one part or in several."""
    data = os.urandom(size)
    store.put_file("v/video.mp4", file_with(tmp_path, data))
    store.get_to_file("v/video.mp4", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == data
    assert store.head("v/video.mp4").size_bytes == size


def test_put_if_absent_creates_once(store):
    """The first creation wins, and a later one changes nothing."""
    assert store.put_if_absent("j/1.json", b"first")
    assert not store.put_if_absent("j/1.json", b"second")
    assert store.get("j/1.json") == b"first"


def test_of_concurrent_creators_one_wins(store):
    """Of many who create one key at once one is told that it did, and its bytes are kept."""
    won = at_once(lambda number: store.put_if_absent("k", str(number).encode()))
    assert won.count(True) == 1
    assert store.get("k") == str(won.index(True)).encode()


def test_writing_over_an_unseen_change_is_refused(store, tmp_path):
    """Only who names the ETag of what is there replaces it; the loser's bytes are nowhere."""
    first = store.put_file_if("d", file_with(tmp_path, b"1"), None)
    second = store.put_file_if("d", file_with(tmp_path, b"2"), first)
    assert store.head("d").etag == second
    for stale in (None, first):
        with pytest.raises(ConflictError):
            store.put_file_if("d", file_with(tmp_path, b"3"), stale)
    assert store.get("d") == b"2"
    store.delete("d")
    with pytest.raises(ConflictError):
        store.put_file_if("d", file_with(tmp_path, b"4"), second)
    assert store.head("d") is None


def test_no_update_is_lost(store, tmp_path):
    """Many who each count up at once, and again after a conflict, count all of them."""
    store.put("n", b"0")

    def count_up(number):
        while True:
            etag = store.head("n").etag
            value = int(store.get("n")) + 1
            with suppress(ConflictError):
                return store.put_file_if("n", file_with(tmp_path, b"%d" % value, str(number)), etag)

    etags = at_once(count_up)
    assert int(store.get("n")) == MANY
    assert len(set(etags)) == MANY


def test_ranges(store):
    """A range is cut at the object's end; behind it there is nothing."""
    store.put("k", b"0123456789")
    store.put("empty", b"")
    assert store.get_range("k", 2, 3) == b"234"
    assert store.get_range("k", 8, 100) == b"89"
    assert store.get_range("k", 10, 1) == b""
    assert store.get_range("k", 0, 0) == b""
    assert store.get_range("empty", 0, 100) == b""
    with pytest.raises(ObjectNotFoundError):
        store.get_range("missing", 0, 1)


def test_missing_objects(store, tmp_path):
    """A missing object is an error to read, nothing to look at, and harmless to delete."""
    with pytest.raises(ObjectNotFoundError, match="no/such"):
        store.get("no/such")
    with pytest.raises(ObjectNotFoundError):
        store.get_to_file("no/such", tmp_path / "out")
    assert not list(tmp_path.glob("*out*"))
    assert store.head("no/such") is None
    assert store.local_path("no/such") is None
    store.delete("no/such")


def test_listing_is_by_folder_and_ordered(store):
    """A prefix is a whole folder, and more objects than one answer holds are all listed."""
    keys = [f"v1/{number:04d}" for number in range(1001)]
    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(lambda key: store.put(key, b""), [*keys, "v10/c", "z"]))
    assert [info.key for info in store.list("v1")] == keys
    assert [info.key for info in store.list()] == [*keys, "v10/c", "z"]
    assert store.list("none") == ()


def test_delete_removes(store):
    """A deleted object is gone, and so is its folder's listing."""
    store.put("a/k", b"x")
    store.delete("a/k")
    assert store.head("a/k") is None
    assert store.list("a") == ()


@pytest.mark.parametrize("key", ["", "/a", "a//b", "a/", "../a", "a/../../b", "a/./b", "a\0"])
def test_odd_keys_are_refused(store, tmp_path, key):
    """A key that some store would take for another one is refused by all of them."""
    for attempt in (
        lambda: store.put(key, b"x"),
        lambda: store.put_if_absent(key, b"x"),
        lambda: store.put_file_if(key, file_with(tmp_path, b"x"), None),
        lambda: store.get(key),
        lambda: store.get_range(key, 0, 1),
        lambda: store.delete(key),
    ):
        with pytest.raises(StoreError):
            attempt()
    assert store.list() == ()


def test_a_missing_source_is_named(store, tmp_path):
    """A file that vanished is named in the error, and nothing is stored."""
    for attempt in (
        lambda: store.put_file("k", tmp_path / "gone"),
        lambda: store.put_file_if("k", tmp_path / "gone", None),
    ):
        with pytest.raises(StoreError, match="gone"):
            attempt()
    assert store.list() == ()


def test_a_file_in_the_way_of_a_download_is_left(store, tmp_path):
    """A download that cannot be written leaves no partial file."""
    store.put("k", b"x")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputNotWritableError, match="taken"):
        store.get_to_file("k", tmp_path / "taken")
    assert not list(tmp_path.glob(".taken*"))


@pytest.mark.parametrize("store", ["bucket"], indirect=True)
def test_large_files_take_constant_memory(store, own_bucket, tmp_path):
    """A file far larger than the memory it may use is stored and fetched."""
    script = """
import resource, sys
from pathlib import Path
from captionacc.storage import S3Store
from captionacc.storage.access import S3Access

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10

store = S3Store(S3Access(*sys.argv[2:]))
folder = Path(sys.argv[1])
store.put("small", b"x")
before = peak_mb()
store.put_file("big", folder / "big")
store.get_to_file("big", folder / "out")
raise SystemExit(f"{peak_mb() - before} MB more" if peak_mb() - before > 100 else 0)
"""
    with (tmp_path / "big").open("wb") as file:
        file.truncate(256 << 20)
    fields = (own_bucket.bucket, own_bucket.endpoint, own_bucket.region)
    keys = (own_bucket.access_key_id, own_bucket.secret_access_key)
    subprocess.run(
        [sys.executable, "-c", script, tmp_path, *fields, *keys], check=True, timeout=120
    )
    assert store.head("big").size_bytes == (tmp_path / "out").stat().st_size == 256 << 20
