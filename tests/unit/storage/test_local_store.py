"""The local folder as object store."""

# ruff: noqa: S607 -- the children run nothing but the scripts below

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captionacc.errors import (
    ObjectNotFoundError,
    OutputNotWritableError,
    StoreError,
)
from captionacc.storage import LocalFolderStore, StoreLocation, open_store


@pytest.fixture
def store(tmp_path: Path) -> LocalFolderStore:
    """An empty store."""
    return LocalFolderStore(tmp_path / "store")


def files_below(folder: Path) -> set[str]:
    """Relative paths of all files and folders, hidden ones too."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_what_is_put_is_got(store: LocalFolderStore) -> None:
    """An object reads back whole, is replaced by a second put, and leaves no temporary file."""
    store.put("a/b.bin", b"one")
    store.put("a/b.bin", b"second")
    assert store.get("a/b.bin") == b"second"
    assert files_below(store._root) == {"a", "a/b.bin"}


@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=4096))
def test_any_bytes_survive(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Content is kept byte for byte, through memory and through files."""
    folder = tmp_path_factory.mktemp("any")
    store = LocalFolderStore(folder / "store")
    (folder / "in").write_bytes(data)
    store.put_file("k", folder / "in")
    store.get_to_file("k", folder / "out")
    assert store.get("k") == data == (folder / "out").read_bytes()


def test_large_files_stream(store: LocalFolderStore, tmp_path: Path) -> None:
    """A file of several copy buffers is stored and fetched unchanged."""
    data = os.urandom(3_500_001)
    (tmp_path / "in").write_bytes(data)
    store.put_file("v/video.mp4", tmp_path / "in")
    store.get_to_file("v/video.mp4", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == data


def test_put_if_absent_creates_once(store: LocalFolderStore) -> None:
    """The first creation wins and a later one changes nothing."""
    assert store.put_if_absent("j/1.json", b"first")
    assert not store.put_if_absent("j/1.json", b"second")
    assert store.get("j/1.json") == b"first"
    assert files_below(store._root) == {"j", "j/1.json"}


def test_of_concurrent_creators_one_wins(store: LocalFolderStore) -> None:
    """Sixteen threads that create one key at once make one winner, whose bytes are kept."""
    won: list[int] = []
    ready = threading.Barrier(16)

    def create(number: int) -> None:
        ready.wait()
        if store.put_if_absent("k", str(number).encode()):
            won.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert store.get("k") == str(won[0]).encode()
    assert files_below(store._root) == {"k"}


def test_missing_objects(store: LocalFolderStore, tmp_path: Path) -> None:
    """A missing object is an error to read, nothing to look at, and harmless to delete."""
    with pytest.raises(ObjectNotFoundError, match="no/such"):
        store.get("no/such")
    with pytest.raises(ObjectNotFoundError):
        store.get_to_file("no/such", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert store.head("no/such") is None
    assert store.local_path("no/such") is None
    store.delete("no/such")


def test_head_tells_size_and_change(store: LocalFolderStore) -> None:
    """The size is the object's, and the ETag changes with the content."""
    store.put("k", b"12345")
    first = store.head("k")
    store.put("k", b"123456")
    second = store.head("k")
    assert first is not None
    assert second is not None
    assert (first.key, first.size_bytes, second.size_bytes) == ("k", 5, 6)
    assert first.etag != second.etag


def test_listing_is_by_folder_and_ordered(store: LocalFolderStore) -> None:
    """A prefix is a whole folder: a sibling whose name merely begins alike is not listed."""
    for key in ("v1/b", "v1/a/x", "v10/c", "z"):
        store.put(key, b"")
    assert [info.key for info in store.list("v1")] == ["v1/a/x", "v1/b"]
    assert [info.key for info in store.list()] == ["v1/a/x", "v1/b", "v10/c", "z"]
    assert store.list("none") == ()


def test_objects_can_be_read_in_place(store: LocalFolderStore) -> None:
    """An object's file is given to readers that need a path, and holds the object."""
    store.put("v/video.mp4", b"video")
    path = store.local_path("v/video.mp4")
    assert path is not None
    assert path.read_bytes() == b"video"
    assert store.local_path("v") is None


def test_delete_removes(store: LocalFolderStore) -> None:
    """A deleted object is gone."""
    store.put("a/k", b"x")
    store.delete("a/k")
    assert store.head("a/k") is None


@pytest.mark.parametrize("key", ["", "/a", "a//b", "a/", "../a", "a/../../b", ".staging/x", "a\0"])
def test_keys_stay_inside_the_store(store: LocalFolderStore, key: str) -> None:
    """No key reaches outside of the folder, or into the temporary files."""
    with pytest.raises(StoreError):
        store.put(key, b"x")
    with pytest.raises(StoreError):
        store.delete(key)


def test_a_killed_writer_leaves_nothing_visible(store: LocalFolderStore) -> None:
    """What a process killed in mid-write leaves is not listed, and gone after the next opening."""
    script = f"""
import os, signal
from pathlib import Path
from captionacc.storage import LocalFolderStore

class Killer:
    def read(self, size):
        if hasattr(self, "seen"):
            os.kill(os.getpid(), signal.SIGKILL)
        self.seen = True
        return b"half"

from captionacc.storage import durable
store = LocalFolderStore(Path({str(store._root)!r}))
with store._publishing("a/k") as (staged, target):
    durable.write_durably(staged, Killer())
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert any(path.startswith(".staging/") for path in files_below(store._root))
    assert store.list() == ()
    reopened = LocalFolderStore(store._root)
    assert files_below(reopened._root) == {"a"}


def test_opening_spares_the_files_of_living_writers(store: LocalFolderStore) -> None:
    """A second process that opens the store does not disturb a write in progress."""
    with store._publishing("k") as (staged, target):
        staged.write_bytes(b"x")
        script = "import sys; from pathlib import Path; from captionacc.storage import *"
        script += "; LocalFolderStore(Path(sys.argv[1]))"
        subprocess.run([sys.executable, "-c", script, store._root], check=True, timeout=60)
        staged.replace(target)
    assert store.get("k") == b"x"


def test_a_file_size_limit_is_reported_as_no_space(tmp_path: Path) -> None:
    """A write that the system cuts off raises DiskFullError and leaves nothing behind."""
    script = f"""
import resource
from pathlib import Path
from captionacc.errors import DiskFullError
from captionacc.storage import LocalFolderStore
folder = Path({str(tmp_path)!r})
store = LocalFolderStore(folder / "store")
store.put("old", b"kept")
(folder / "in").write_bytes(b"x" * 5000)
store.put_file("big", folder / "in")
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
for attempt in (
    lambda: store.put("old", b"x" * 5000),
    lambda: store.put_file("new", folder / "in"),
    lambda: store.put_if_absent("new", b"x" * 5000),
    lambda: store.get_to_file("big", folder / "out"),
):
    try:
        attempt()
    except DiskFullError as error:
        assert "space" in str(error)
    else:
        raise SystemExit("no DiskFullError")
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    assert (tmp_path / "store" / "old").read_bytes() == b"kept"
    assert files_below(tmp_path) == {"in", "store", "store/old", "store/big"}


def test_a_full_disk_is_reported_and_recovers(tmp_path: Path) -> None:
    """On a real full file system a put fails with DiskFullError and works once there is room."""
    script = f"""
from pathlib import Path
from captionacc.errors import DiskFullError
from captionacc.storage import LocalFolderStore
store = LocalFolderStore(Path({str(tmp_path)!r}) / "store")
store.put("first", b"x" * 40_000)
try:
    store.put("second", b"y" * 400_000)
except DiskFullError:
    pass
else:
    raise SystemExit("no DiskFullError")
assert [info.key for info in store.list()] == ["first"]
store.delete("first")
store.put("second", b"y" * 40_000)
"""
    try:
        probe = subprocess.run(
            ["unshare", "-rm", "mount", "-t", "tmpfs", "none", tmp_path],
            check=False,
            capture_output=True,
            timeout=60,
        )
    except FileNotFoundError:
        pytest.skip("unshare is not installed")
    if probe.returncode != 0:
        pytest.skip("this system lets nobody mount a small file system")
    mount = 'mount -t tmpfs -o size=128k none "$1" && exec "$2" -c "$3"'
    arguments = ["sh", tmp_path, sys.executable, script]
    subprocess.run(["unshare", "-rm", "sh", "-c", mount, *arguments], check=True, timeout=60)


def test_a_file_in_the_way_is_not_writable(store: LocalFolderStore, tmp_path: Path) -> None:
    """A store folder or object that is blocked by a file says so, with what to do."""
    store.put("a", b"x")
    with pytest.raises(OutputNotWritableError, match="folder"):
        store.put("a/b", b"y")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputNotWritableError, match="folder"):
        LocalFolderStore(tmp_path / "file" / "store")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_not_writable(store: LocalFolderStore) -> None:
    """A folder without write permission is refused with OutputNotWritableError."""
    store._root.chmod(0o500)
    try:
        with pytest.raises(OutputNotWritableError):
            store.put("k", b"x")
    finally:
        store._root.chmod(0o700)


def test_a_missing_source_is_a_store_error(store: LocalFolderStore, tmp_path: Path) -> None:
    """A source file that vanished is named, and nothing is stored."""
    with pytest.raises(StoreError, match="gone"):
        store.put_file("k", tmp_path / "gone")
    assert store.list() == ()


def test_a_location_travels_as_json(tmp_path: Path) -> None:
    """A location survives JSON, and the store it opens is the same folder."""
    location = StoreLocation(path=tmp_path / "store")
    open_store(location).put("k", b"x")
    again = StoreLocation.model_validate_json(location.model_dump_json())
    assert again == location
    assert open_store(again).get("k") == b"x"
