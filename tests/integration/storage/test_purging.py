"""Removing a folder of a real bucket, with what a listing does not show."""

import uuid
from dataclasses import replace

import pytest

from captionacc.errors import NotFoundError, StoreError
from captionacc.storage import S3Store
from captionacc.storage.admin import ensure_bucket
from captionacc.storage.boto import s3_client
from captionacc.storage.multipart import MultipartUploads
from captionacc.storage.purging import purge


@pytest.fixture(scope="module")
def versioned(access):
    """A bucket that keeps what is replaced and deleted."""
    made = replace(access, bucket=f"versioned-{uuid.uuid4().hex}")
    ensure_bucket(made)
    s3_client(made).put_bucket_versioning(
        Bucket=made.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    return made


def versions(access):
    """How many versions and marks of deletion there are."""
    found = s3_client(access).list_object_versions(Bucket=access.bucket)
    return len(found.get("Versions", ())) + len(found.get("DeleteMarkers", ()))


def test_everything_below_goes_and_nothing_else(own_bucket, s3):
    """A folder whose name only begins the same is another."""
    for key in ("t/videos/a/x", "t/videos/a/deep/y", "t/videos/ab/x", "t/videos/b"):
        s3.put(key, b"content")
    assert purge(own_bucket, "t/videos/a") == 2
    assert [info.key for info in s3.list()] == ["t/videos/ab/x", "t/videos/b"]
    assert purge(own_bucket, "t/videos/a") == 0


def test_all_versions_go(versioned):
    """In a bucket with versions what was replaced or deleted before is removed too."""
    store = S3Store(versioned)
    for content in (b"1", b"22", b"333"):
        store.put("v/captions.db.gz", content)
    store.put("v/gone", b"x")
    store.delete("v/gone")
    store.put("other/kept", b"x")
    assert versions(versioned) == 6
    assert purge(versioned, "v") == 5
    assert versions(versioned) == 1


def test_many_objects(own_bucket, s3):
    """More than one page of a listing."""
    for number in range(1100):
        s3.put(f"many/{number}", b"")
    assert purge(own_bucket, "many") == 1100
    assert s3.list("many") == ()


def test_uploads_under_way_are_dropped(own_bucket):
    """Parts that never became an object take space too."""
    uploads = MultipartUploads(own_bucket)
    upload_id = uploads.create("u/video.mp4")
    purge(own_bucket, "u")
    with pytest.raises(NotFoundError):
        uploads.list_parts("u/video.mp4", upload_id)


@pytest.mark.parametrize("prefix", ["", "/", "a/", "../a"])
def test_refuses_what_would_be_everything(own_bucket, prefix):
    """An empty prefix is the whole bucket."""
    with pytest.raises(StoreError):
        purge(own_bucket, prefix)


def test_folders(s3):
    """Only those directly below, without the objects beside them."""
    for key in ("all/a/client/x", "all/a/server/deep/y", "all/b/client/x", "all/file"):
        s3.put(key, b"")
    assert "all" in s3.folders()
    assert s3.folders("all") == ("a", "b")
    assert s3.folders("all/a") == ("client", "server")
    assert s3.folders("all/c") == ()
