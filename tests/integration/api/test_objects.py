"""Reading objects with presigned URLs and temporary keys."""

import httpx
import pytest

from captionacc.errors import StoreError
from captionacc.storage.access import S3Access
from captionacc.storage.keys import VideoKeys
from captionacc.storage.s3 import S3Store

from .scene import access_of

NAMES = [
    "thumbnails/frame_000000.jpg",
    "full_frames/frame_000010.jpg",
    "layout.db.gz",
    "captions.db.gz",
    "video.mp4",
    "crop_frames_v1/manifest.json",
    "crop_frames_v1/native_pts.f64",
    "crop_frames_v12/modulo_16/chunk_0000000016.webm",
]


@pytest.fixture
def video(world, member):
    """A video."""
    return world.new_video(member.tenant_id)


@pytest.fixture(scope="module")
def store(object_store):
    """The bucket."""
    return S3Store(access_of(object_store))


def test_urls(member, video, store):
    """A URL reads its object without any token, and writes nothing."""
    prefix = VideoKeys(video.tenant_id, video.id).client_prefix
    for name in NAMES:
        store.put(f"{prefix}/{name}", name.encode())
    params = [("name", name) for name in NAMES]
    urls = member.ok("GET", f"/v1/videos/{video.id}/objects", params=params)["urls"]
    assert list(urls) == NAMES
    for name, url in urls.items():
        assert httpx.get(url).text == name
        assert httpx.put(url, content=b"x").status_code == 403
        assert httpx.get(url.replace(name, "other.jpg")).status_code == 403


def test_video_url(member, video, store):
    """The video can be read in ranges, as players do."""
    store.put(video.storage_key, b"0123456789")
    url = member.ok("GET", f"/v1/videos/{video.id}/video-url")["url"]
    answer = httpx.get(url, headers={"Range": "bytes=2-4"})
    assert (answer.status_code, answer.content) == (206, b"234")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        "../other/video.mp4",
        "thumbnails/../../x.jpg",
        "/video.mp4",
        "video.mp4/",
        "video.mp4\n",
        "ocr-server.db.gz",
        "crop_frames_v0/manifest.json",
        "crop_frames_v1/modulo_2/chunk_0000000000.webm",
        "thumbnails/frame_\u0660\u0660\u0660\u0660\u0660\u0660.jpg",
    ],
)
def test_refused_names(member, video, name):
    """Only what is the client's to read has a URL."""
    path = f"/v1/videos/{video.id}/objects"
    member.refused("GET", path, 422, params=[("name", NAMES[0]), ("name", name)], code="usage")


def test_how_many(member, video):
    """At least one and at most a hundred."""
    path = f"/v1/videos/{video.id}/objects"
    member.refused("GET", path, 422)
    member.refused("GET", path, 422, params=[("name", NAMES[0])] * 101)


def test_credentials(member, video, world, store):
    """Temporary keys read the tenant's client folder and nothing else, and write nothing."""
    told = member.ok("GET", "/v1/credentials")
    assert told["prefix"] == f"{member.tenant_id}/client/"
    keys = S3Store(
        S3Access(
            bucket=told["bucket"],
            endpoint=told["endpoint"],
            region=told["region"],
            access_key_id=told["access_key_id"],
            secret_access_key=told["secret_access_key"],
            session_token=told["session_token"],
        )
    )
    own = VideoKeys(video.tenant_id, video.id)
    other = VideoKeys(world.new_tenant(), video.id)
    for key in (own.video, own.ocr_server_db, other.video):
        store.put(key, b"content")
    assert keys.get(own.video) == b"content"
    for forbidden in (own.ocr_server_db, other.video):
        with pytest.raises(StoreError):
            keys.get(forbidden)
    with pytest.raises(StoreError):
        keys.put(own.video, b"x")
    with pytest.raises(StoreError):
        keys.delete(own.video)


def test_no_role(new_api, world):
    """An installation without a role says so."""
    stranger = world.new_member()
    with new_api(s3_role_arn=None) as plain, plain.person(stranger.token) as http:
        answer = http.get("/v1/credentials")
        assert answer.status_code == 503
        assert answer.json()["code"] == "missing_dependency"
