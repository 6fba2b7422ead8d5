"""The two kinds of store, and the keys to the bucket."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from captionacc.settings import get_settings
from captionacc.storage import LocalFolderStore, S3Store
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
