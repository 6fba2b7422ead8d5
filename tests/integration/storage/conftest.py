"""The two kinds of store, and the keys to the bucket."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from captionacc.samples import demo_clip, render_clip
from captionacc.settings import get_settings
from captionacc.storage import LocalFolderStore, S3Bucket, S3Store, StoreLocation
from captionacc.storage.access import S3Access
from captionacc.storage.admin import ensure_bucket


@pytest.fixture(scope="session")
def access(object_store):
    """The session's bucket with the key to all of it."""
    environment = object_store.environment
    made = S3Access(
        bucket=environment["CAPTIONACC_S3_BUCKET"],
        endpoint=environment["CAPTIONACC_S3_ENDPOINT"],
        region="us-east-1",
        access_key_id=environment["CAPTIONACC_S3_ACCESS_KEY_ID"],
        secret_access_key=environment["CAPTIONACC_S3_SECRET_ACCESS_KEY"],
    )
    ensure_bucket(made)
    return made


@pytest.fixture(scope="session")
def own_bucket(access):
    """A bucket that these tests have to themselves."""
    made = replace(access, bucket=f"test-{uuid.uuid4().hex}")
    ensure_bucket(made)
    return made


@pytest.fixture
def s3(own_bucket):
    """An empty store in a bucket."""
    store = S3Store(own_bucket)
    yield store
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda info: store.delete(info.key), store.list()))


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path):
    """An empty store of either kind."""
    if request.param == "folder":
        return LocalFolderStore(tmp_path / "store")
    return request.getfixturevalue("s3")


@pytest.fixture
def bucket_settings(monkeypatch, object_store):
    """This process's settings name the bucket and its keys."""
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """Six seconds with two captions."""
    spec = replace(
        demo_clip(),
        name="tiny",
        width=640,
        height=360,
        duration_s=6.0,
        texts=("Good morning.", "Where have you been?"),
        overlays=(),
        size=0.07,
        durations_s=(1.4, 1.6),
        gaps_s=(0.4, 0.0),
    )
    return render_clip(spec, tmp_path_factory.mktemp("clip"))


@pytest.fixture
def common(own_bucket):
    """What the jobs share."""
    location = S3Bucket(bucket=own_bucket.bucket, endpoint=own_bucket.endpoint)
    return {
        "store": StoreLocation(location),
        "tenant_id": "t1",
        "video_id": "v1",
    }
