"""The janitor on a real catalog and bucket, and a worker whose disk is full."""

import asyncio
import uuid
from dataclasses import replace

import pytest

from captionacc.catalog.pool import open_catalog
from captionacc.errors import NotFoundError, StoreError
from captionacc.storage.keys import VideoKeys
from captionacc.storage.location import default_access
from captionacc.storage.multipart import MultipartUploads
from captionacc.storage.s3 import S3Store
from captionacc.worker.janitor import Janitor

from .programs import wait_until

GRACE_S = 3600


class Place:
    """A catalog, a bucket, and what people did with them."""

    def __init__(self, ledger, access) -> None:
        self.ledger = ledger
        self.access = access
        self.store = S3Store(access)

    def put(self, video_id):
        """Objects of a video, in both halves."""
        keys = VideoKeys(self.ledger.tenant_id, video_id)
        for key in (keys.video, keys.thumbnail(0), keys.ocr_server_db):
            self.store.put(key, b"content")
        return keys

    def delete(self, video_id):
        """As a person does, two hours ago."""
        tenant_id = self.ledger.tenant_id
        self.ledger.catalog(lambda catalog: catalog.videos.delete(video_id, tenant_id))
        self.ledger.query(
            "update captionacc.videos set deleted_at = now() - interval '2 hours' where id = %s",
            video_id,
        )

    def janitor(self, act, access=None):
        """What ``act(janitor)`` returns."""

        async def scenario():
            async with open_catalog(self.ledger.url) as catalog:
                return await act(Janitor(catalog, access or self.access, GRACE_S))

        return asyncio.run(scenario())

    def objects(self, keys):
        """How many a video has."""
        return len(self.store.list(keys.client_prefix) + self.store.list(keys.server_prefix))


@pytest.fixture
def place(ledger, settings_env):  # noqa: ARG001  # sets the settings
    """On the module's database, with the session's bucket."""
    return Place(ledger, default_access())


def test_deleted_video_is_removed_after_its_time(place):
    """Its objects first, then its rows; one within its grace time stays whole."""
    old, fresh = place.ledger.add_video(), place.ledger.add_video()
    keys, kept = place.put(old), place.put(fresh)
    place.delete(old)
    tenant_id = place.ledger.tenant_id
    place.ledger.catalog(lambda catalog: catalog.videos.delete(fresh, tenant_id))
    place.janitor(lambda janitor: janitor.tidy())
    assert (place.objects(keys), place.objects(kept)) == (0, 3)
    rows = place.ledger.query("select id::text from captionacc.videos")
    assert [row["id"] for row in rows] == [fresh]


def test_interrupted_removal_is_completed(place):
    """With a store that fails the video stays to be removed, and the next one removes it."""
    video_id = place.ledger.add_video()
    keys = place.put(video_id)
    place.delete(video_id)
    broken = replace(place.access, secret_access_key="wrong")  # noqa: S106
    with pytest.raises(StoreError):
        place.janitor(lambda janitor: janitor.tidy(), broken)
    assert place.objects(keys) == 3
    assert place.ledger.query("select id from captionacc.videos where id = %s", video_id)
    place.ledger.query("update captionacc.videos set purging_at = now() - interval '2 hours'")
    place.janitor(lambda janitor: janitor.tidy())
    assert place.objects(keys) == 0
    assert not place.ledger.query("select id from captionacc.videos where id = %s", video_id)


def test_expired_upload_is_dropped(place):
    """Its parts go, and again if the first attempt did not come to its end."""
    uploads, video_id = MultipartUploads(place.access), str(uuid.uuid4())
    key = VideoKeys(place.ledger.tenant_id, video_id).video
    multipart_id = uploads.create(key)
    place.ledger.query(
        "insert into captionacc.uploads (tenant_id, video_id, filename, size_bytes, storage_key,"
        " multipart_id, part_size_bytes, expires_at)"
        " values (%s, %s, 'film.mp4', 1, %s, %s, 1, now())",
        place.ledger.tenant_id,
        video_id,
        key,
        multipart_id,
    )
    broken = replace(place.access, secret_access_key="wrong")  # noqa: S106
    with pytest.raises(StoreError):
        place.janitor(lambda janitor: janitor.tidy(), broken)
    for _ in range(2):
        place.janitor(lambda janitor: janitor.tidy())
    (upload,) = place.ledger.query(
        "select state, dropped_at from captionacc.uploads where video_id = %s", video_id
    )
    assert (upload["state"], upload["dropped_at"] is None) == ("aborted", False)
    with pytest.raises(NotFoundError):
        uploads.list_parts(key, multipart_id)


def test_orphans(place):
    """A late writer's objects go; what nobody knows is told and stays."""
    there, removed, unknown = place.ledger.add_video(), place.ledger.add_video(), str(uuid.uuid4())
    place.put(there)
    place.delete(removed)
    place.janitor(lambda janitor: janitor.tidy())
    late, strange = place.put(removed), place.put(unknown)
    found = place.janitor(lambda janitor: janitor.find_orphans())
    assert {strange.client_prefix, strange.server_prefix} <= set(found)
    assert not any(there in one or removed in one for one in found)
    assert (place.objects(late), place.objects(strange)) == (0, 3)


def test_full_disk_holds_the_queue(ledger, start_ready_worker):
    """Nothing begins, and whoever waits is told why; with space again it goes on by itself."""
    full = start_ready_worker(CAPTIONACC_MIN_FREE_MB=str(1 << 40))
    video_id = ledger.add_video()
    run_id = ledger.enqueue("video-initial-processing", video_id)
    pauses = "select reason from captionacc.pauses where kind = 'disk' and tenant_id = %s"
    (row,) = wait_until(lambda: ledger.query(pauses, ledger.tenant_id), "the reason")
    assert "The disk is full" in row["reason"]
    assert ledger.run(run_id)["state"] == "queued"
    full.stop()
    start_ready_worker()
    assert ledger.wait_for_end(run_id)["state"] == "succeeded"
    assert ledger.query(pauses, ledger.tenant_id) == []
