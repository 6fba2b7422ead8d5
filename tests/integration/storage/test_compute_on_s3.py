"""The compute functions with a bucket: in other processes, which get its keys from outside."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from captionacc.compute.backends.local import LocalBackend
from captionacc.compute.contracts import CropInferJob, ExtractJob, MedianOcrJob
from captionacc.errors import VideoNotFoundError
from captionacc.settings import get_settings
from captionacc.storage import VideoKeys

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("bucket_settings")]

TEXTS = ("Good morning.", "Where have you been?")
KEYS = VideoKeys("t1", "v1")


@pytest.fixture
def backend(monkeypatch, tmp_path):
    """Two compute processes with an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    get_settings.cache_clear()
    with LocalBackend(workers=2) as pool:
        yield pool


def test_from_video_to_texts(backend, common, clip, s3, tmp_path):
    """The three functions read and write the bucket alone, and leave nothing on this machine."""
    s3.put_file(KEYS.video, clip.video)

    def run(job):
        return backend.result(backend.submit(job))

    found = run(ExtractJob(job_key="extract", **common))
    assert found.frame_count >= 8
    assert found.crop_region is not None
    inferred = run(CropInferJob(job_key="crop", crop_region=found.crop_region, **common))
    assert len(inferred.captions) == len(TEXTS)
    extents = {str(number): extent for number, extent in enumerate(inferred.captions)}
    read = run(MedianOcrJob(job_key="median", captions=extents, **common))
    assert tuple(text.text for text in read.captions.values()) == TEXTS
    stored = {info.key for info in s3.list()}
    for key in (*found.keys, *inferred.keys):
        assert any(one.startswith(key) for one in stored), key
    assert {KEYS.job(name) for name in ("extract", "crop", "median")} <= stored
    scratch = tmp_path / "cache" / "captionacc" / "scratch"
    assert scratch.exists()
    assert not list(scratch.rglob("*"))


def test_a_repeated_call_finds_its_result(backend, common, clip, s3):
    """Of two calls with one key at once both return the one result that was stored."""
    s3.put_file(KEYS.video, clip.video)
    job = ExtractJob(job_key="extract", **common)
    calls = [backend.submit(job) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(backend.result, calls)
    assert first == second
    etag = s3.head(KEYS.job("extract")).etag
    assert backend.result(backend.submit(job)) == first
    assert s3.head(KEYS.job("extract")).etag == etag


def test_a_missing_upload_is_the_persons_to_mend(backend, common, s3):
    """A video that is not in the bucket is told as such across processes, and leaves nothing."""
    with pytest.raises(VideoNotFoundError, match="v1"):
        backend.result(backend.submit(ExtractJob(job_key="extract", **common)))
    assert s3.list() == ()
