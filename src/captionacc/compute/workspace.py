"""What a compute function works with: the store, the video as a local file, and scratch space."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import ValidationError

from captionacc.databases.packing import pack, unpack
from captionacc.errors import BadInputError, ObjectNotFoundError, StoreError, VideoNotFoundError
from captionacc.settings import get_settings
from captionacc.storage.durable import StagingFolder, make_folders
from captionacc.storage.failures import write_failures
from captionacc.storage.keys import VideoKeys
from captionacc.storage.local import STAGING
from captionacc.storage.location import LocalFolder, S3Bucket, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from captionacc.compute.contracts import Job, JobResult
    from captionacc.storage.location import StoreLocation
    from captionacc.storage.store import ObjectStore

_COPY: Final = "video.mp4"
_Item = TypeVar("_Item")
_Result = TypeVar("_Result", bound="JobResult")


class Workspace:
    """One running job's surroundings.

    Attributes:
        store: Where inputs are read and outputs go.
        keys: The video's keys in it.
        scratch: An own folder, removed afterwards.
        seconds: Time spent so far by stage.
    """

    def __init__(self, job: Job, store: ObjectStore, scratch: Path) -> None:
        self._job = job
        self.store = store
        self.keys = VideoKeys(job.tenant_id, job.video_id)
        self.scratch = scratch
        self.seconds: dict[str, float] = {}
        self._inner_s = 0.0

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        """Add the time that the job's thread spends in the block to stage ``name``.

        Time in a stage inside the block belongs to that one alone.
        """
        started, outer_s, self._inner_s = time.perf_counter(), self._inner_s, 0.0
        try:
            yield
        finally:
            spent = time.perf_counter() - started
            self.seconds[name] = self.seconds.get(name, 0.0) + spent - self._inner_s
            self._inner_s = outer_s + spent

    def timed(self, items: Iterable[_Item], name: str) -> Iterator[_Item]:
        """``items``, with the time that each one takes to come added to stage ``name``."""
        iterator = iter(items)
        while True:
            with self.stage(name):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item

    def video(self) -> Path:
        """The video as a file of this machine: the one given, the store's own, or a copy.

        Raises:
            VideoNotFoundError: the store holds no upload.
        """
        if self._job.video_path is not None:
            return self._job.video_path
        path = self.store.local_path(self.keys.video)
        return path if path is not None else self._fetch()

    def put_database(self, key: str, write: Callable[[Path], None]) -> str:
        """Have ``write`` make a database, store it packed under ``key``, and return the key."""
        database = self.scratch / "new.db"
        packed = self.scratch / "new.db.gz"
        write(database)
        pack(database, packed)
        self.store.put_file(key, packed)
        database.unlink()
        packed.unlink()
        return key

    @contextmanager
    def database(self, key: str) -> Generator[Path]:
        """The packed database ``key``, unpacked for the block.

        Raises:
            ObjectNotFoundError: there is none.
            UnreadableDatabaseError: it is damaged.
        """
        packed, database = self.scratch / "read.db.gz", self.scratch / "read.db"
        self.store.get_to_file(key, packed)
        try:
            unpack(packed, database)
            yield database
        finally:
            packed.unlink(missing_ok=True)
            database.unlink(missing_ok=True)

    def _fetch(self) -> Path:
        copy = self.scratch / _COPY
        try:
            self.store.get_to_file(self.keys.video, copy)
        except ObjectNotFoundError:
            raise VideoNotFoundError(
                f"The store holds no upload of video {self._job.video_id}.", "Upload it again."
            ) from None
        return copy


def run_once(
    job: Job, result_type: type[_Result], compute: Callable[[Workspace], _Result]
) -> _Result:
    """The result stored under the job's key; computed and stored if there is none yet.

    The result manifest is written after all outputs, and never replaced: of two calls with the
    same key that run at once, both return what the first one stored.

    Raises:
        StoreError: the store failed, or holds a damaged manifest.
    """
    store = open_store(job.store)
    key = VideoKeys(job.tenant_id, job.video_id).job(job.job_key)
    stored = _load(store, key, result_type)
    if stored is not None:
        return stored
    with _scratch_folder(job.store) as scratch, _about_the_upload(scratch):
        result = compute(Workspace(job, store, scratch))
    if store.put_if_absent(key, result.model_dump_json().encode()):
        return result
    return _load(store, key, result_type) or result


@contextmanager
def _about_the_upload(scratch: Path) -> Generator[None]:
    """Whoever uploaded the video knows nothing of our copy of it, nor should they."""
    try:
        yield
    except BadInputError as error:
        told = error.message.replace(str(scratch / _COPY), "The video")
        if told == error.message:
            raise
        raise type(error)(told, error.hint) from error


def _load(store: ObjectStore, key: str, result_type: type[_Result]) -> _Result | None:
    try:
        return result_type.model_validate_json(store.get(key))
    except ObjectNotFoundError:
        return None
    except ValidationError as error:
        raise StoreError(
            f"The result manifest {key!r} is damaged.", "Remove it and run the job again."
        ) from error


@contextmanager
def _scratch_folder(location: StoreLocation) -> Generator[Path]:
    """A folder on a local store's disk, else in the cache; if killed, its next user clears it."""
    match location.root:
        case LocalFolder(path=folder):
            pass
        case S3Bucket():
            folder = get_settings().cache_dir / "scratch"
    with write_failures(f"the folder {folder}"):
        make_folders(folder)
        staging = StagingFolder(folder / STAGING)
        staging.remove_stale()
        with staging.new_path() as path:
            path.mkdir()
            yield path
