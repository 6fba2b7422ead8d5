"""Uploads: in parts, resumable, checked at the end."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from captionacc.storage.multipart import MultipartUploads
from captionacc.storage.s3 import S3Store

from .scene import access_of
from .world import LARGEST, new_id

MIB = 1 << 20
HEAD = bytes.fromhex("000000206674797069736f6d0000020069736f6d69736f32617663316d703431")


def video_bytes(size, head=HEAD):
    """Something that begins as an MP4 does."""
    return head + bytes(size - len(head))


@pytest.fixture(scope="module")
def store(object_store):
    """The bucket."""
    return S3Store(access_of(object_store))


class Sending:
    """A file on its way."""

    def __init__(self, member, content, **options) -> None:
        self.member, self.content = member, content
        body = {"filename": "film.mp4", "size_bytes": len(content)} | options
        self.begun = member.ok("POST", "/v1/uploads", body)
        self.path = f"/v1/uploads/{self.begun['id']}"

    def put(self, *numbers):
        """Send these parts."""
        urls = self.member.ok("POST", f"{self.path}/parts", {"numbers": numbers})["urls"]
        size = self.begun["part_size_bytes"]
        for number in numbers:
            part = self.content[(number - 1) * size : number * size]
            answer = httpx.put(urls[str(number)], content=part, timeout=60)
            assert answer.is_success, answer.text
        return self

    def put_all(self):
        """Send everything."""
        return self.put(*range(1, self.begun["part_count"] + 1))

    def arrived(self):
        """The numbers of the parts that are there."""
        return [part["number"] for part in self.member.ok("GET", self.path)["parts"]]

    def complete(self):
        """The video's id."""
        return self.member.ok("POST", f"{self.path}/complete", status=200)["video_id"]


def test_upload(member, store):
    """Parts become an object and a video of the same size, and there is but one."""
    sending = Sending(member, video_bytes(18 * MIB), folder="season 1")
    assert sending.begun["part_count"] == 3
    assert sending.begun["state"] == "open"
    sending.put(2)
    assert sending.arrived() == [2]
    sending.put(1, 3)
    assert sending.arrived() == [1, 2, 3]
    assert member.ok("GET", "/v1/videos")["videos"] == []
    video_id = sending.complete()
    assert video_id == sending.begun["video_id"]
    (video,) = member.ok("GET", "/v1/videos")["videos"]
    assert (video["id"], video["title"], video["folder"]) == (video_id, "film.mp4", "season 1")
    assert (video["status"], video["size_bytes"]) == ("processing", 18 * MIB)
    key = f"{member.tenant_id}/client/videos/{video_id}/video.mp4"
    assert store.head(key).size_bytes == 18 * MIB
    assert sending.complete() == video_id
    assert member.ok("GET", sending.path)["state"] == "completed"
    member.refused("DELETE", sending.path, 409, code="conflict")
    member.refused("POST", f"{sending.path}/parts", 409, {"numbers": [1]}, code="conflict")
    assert len(member.ok("GET", "/v1/videos")["videos"]) == 1


def test_resume(world, member):
    """Who has the same file goes on; who has another, or is another, begins."""
    content = video_bytes(9 * MIB)
    first = Sending(member, content, fingerprint="f").put(1)
    answer = member.http.post(
        "/v1/uploads",
        json={"filename": "renamed.mp4", "size_bytes": len(content), "fingerprint": "f"},
    )
    assert answer.status_code == 200
    assert answer.json()["id"] == first.begun["id"]
    assert [part["number"] for part in answer.json()["parts"]] == [1]
    for other in (
        Sending(member, content, fingerprint="g"),
        Sending(member, content + b"x", fingerprint="f"),
        Sending(member, content),
        Sending(world.new_member(member.tenant_id), content, fingerprint="f"),
        Sending(world.new_member(), content, fingerprint="f"),
    ):
        assert other.begun["id"] != first.begun["id"]
    first.put(2)
    assert first.complete()
    assert Sending(member, content, fingerprint="f").begun["id"] != first.begun["id"]


def test_duplicate_is_recognised(member):
    """A file that has become a video is known by its fingerprint, until the video is deleted."""
    sending = Sending(member, video_bytes(MIB), fingerprint="same file").put_all()

    def known():
        listed = member.ok("GET", "/v1/videos", params={"fingerprint": "same file"})["videos"]
        return [video["id"] for video in listed]

    assert known() == []
    video_id = sending.complete()
    assert known() == [video_id]
    assert member.ok("GET", "/v1/videos", params={"fingerprint": "other"})["videos"] == []
    member.ok("DELETE", f"/v1/videos/{video_id}", status=204)
    assert known() == []


def test_resume_after_the_last_step_was_lost(member, object_store):
    """When the store has the object but the catalog was not told, completing goes on."""
    sending = Sending(member, video_bytes(9 * MIB), fingerprint="f").put_all()
    finish_in_store(sending, object_store)
    resumed = Sending(member, sending.content, fingerprint="f")
    assert resumed.begun["id"] == sending.begun["id"]
    assert resumed.arrived() == [1, 2]
    assert sending.complete() == sending.begun["video_id"]


def finish_in_store(sending, object_store):
    """Join the parts behind the API's back, as one that was killed then."""
    multipart = MultipartUploads(access_of(object_store))
    key, upload_id = key_and_multipart_id(sending)
    multipart.complete(key, upload_id, multipart.list_parts(key, upload_id))


def key_and_multipart_id(sending):
    """How the store calls the upload, which is in each presigned URL."""
    urls = sending.member.ok("POST", f"{sending.path}/parts", {"numbers": [1]})["urls"]
    url = httpx.URL(urls["1"])
    return url.path.split("/", 2)[2], url.params["uploadId"]


def test_parts_that_the_store_has_dropped(member, object_store):
    """An upload that the store has forgotten is begun anew, and cannot be completed."""
    sending = Sending(member, video_bytes(MIB), fingerprint="f").put(1)
    MultipartUploads(access_of(object_store)).abort(*key_and_multipart_id(sending))
    assert sending.arrived() == []
    member.refused("POST", f"{sending.path}/complete", 409, code="conflict")
    assert Sending(member, sending.content, fingerprint="f").begun["id"] != sending.begun["id"]


def test_complete_at_once(world, member):
    """Of many that complete an upload at once all get the one video."""
    sending = Sending(member, video_bytes(9 * MIB)).put_all()
    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(lambda _: sending.complete(), range(12)))
    assert found == {sending.begun["video_id"]}
    count = "select count(*) from captionacc.videos where tenant_id = %s"
    assert world.query(count, member.tenant_id) == [(1,)]


def test_missing_parts(member):
    """An upload is complete only with all parts in full; the missing ones are named."""
    sending = Sending(member, video_bytes(18 * MIB)).put(1, 3)
    told = member.refused("POST", f"{sending.path}/complete", 409, code="conflict")
    assert "such as 2" in told["detail"]
    url = member.ok("POST", f"{sending.path}/parts", {"numbers": [2]})["urls"]["2"]
    httpx.put(url, content=b"too short")
    told = member.refused("POST", f"{sending.path}/complete", 409, code="conflict")
    assert "such as 2" in told["detail"]
    sending.put(2)
    assert sending.complete()


@pytest.mark.parametrize(
    "content",
    [
        b"no video at all, but a text",
        b"\x89PNG\r\n\x1a\n" + bytes(1000),
        b"ID3\x04" + bytes(1000),
        b"PK\x03\x04" + bytes(1000),
        bytes(1000),
        b"x",
    ],
    ids=["text", "picture", "sound", "archive", "zeros", "one byte"],
)
def test_no_video(member, store, content):
    """What is no video is refused and removed."""
    sending = Sending(member, content).put(1)
    key, _ = key_and_multipart_id(sending)
    told = member.refused("POST", f"{sending.path}/complete", 422, code="not_a_video")
    assert told["hint"]
    assert member.ok("GET", sending.path)["state"] == "aborted"
    assert member.ok("GET", "/v1/videos")["videos"] == []
    assert store.head(key) is None
    member.refused("POST", f"{sending.path}/complete", 409, code="conflict")


def test_abort(member):
    """An upload can be dropped, also twice; then it is over."""
    sending = Sending(member, video_bytes(MIB), fingerprint="f").put(1)
    url = member.ok("POST", f"{sending.path}/parts", {"numbers": [1]})["urls"]["1"]
    for _ in range(2):
        assert member.ok("DELETE", sending.path, status=204) is None
    assert httpx.put(url, content=b"x").status_code == 404
    member.refused("POST", f"{sending.path}/complete", 409, code="conflict")
    member.refused("POST", f"{sending.path}/parts", 409, {"numbers": [1]}, code="conflict")
    assert Sending(member, sending.content, fingerprint="f").begun["id"] != sending.begun["id"]


GOOD = {"filename": "film.mp4", "size_bytes": 1000}


@pytest.mark.parametrize(
    "changes",
    [
        {"size_bytes": 0},
        {"size_bytes": -1},
        {"size_bytes": 1 << 63},
        {"size_bytes": "1e3"},
        {"size_bytes": 1.5},
        {"size_bytes": None},
        {"filename": ""},
        {"filename": "../film.mp4"},
        {"filename": "C:\\film.mp4"},
        {"filename": "a\0b"},
        {"filename": "a\nb"},
        {"filename": "x" * 501},
        {"folder": "x" * 501},
        {"folder": "\x1b[31m"},
        {"fingerprint": ""},
        {"fingerprint": "x" * 201},
        {"video_id": new_id()},
        {"storage_key": "x"},
    ],
    ids=str,
)
def test_refused_files(member, changes):
    """What cannot be a file is refused before anything is begun."""
    member.refused("POST", "/v1/uploads", 422, GOOD | changes, code="usage")


def test_too_large(member):
    """The largest size is the settings'."""
    told = member.refused("POST", "/v1/uploads", 413, GOOD | {"size_bytes": LARGEST + 1})
    assert str(LARGEST) in told["detail"]
    assert (
        member.ok("POST", "/v1/uploads", GOOD | {"size_bytes": LARGEST}, 201)["part_count"] == 128
    )


def test_quota(world, member):
    """A tenant's storage can be full; what is being uploaded counts."""
    update = "update captionacc.tenants set storage_quota_bytes = %s where id = %s"
    world.query(update, 2500, member.tenant_id)
    member.ok("POST", "/v1/uploads", GOOD | {"fingerprint": "f"}, 201)
    second = member.ok("POST", "/v1/uploads", GOOD, 201)
    told = member.refused("POST", "/v1/uploads", 409, GOOD, code="conflict")
    assert "500 bytes" in told["detail"]
    member.ok("POST", "/v1/uploads", GOOD | {"fingerprint": "f"}, 200)
    member.ok("DELETE", f"/v1/uploads/{second['id']}")
    member.ok("POST", "/v1/uploads", GOOD, 201)


@pytest.mark.parametrize(
    ("numbers", "status"),
    [([], 422), ([0], 422), ([10_001], 422), (["x"], 422), (list(range(1, 102)), 422), ([2], 409)],
    ids=str,
)
def test_refused_parts(member, numbers, status):
    """Only parts that the file has are signed, some at a time."""
    begun = member.ok("POST", "/v1/uploads", GOOD)
    member.refused("POST", f"/v1/uploads/{begun['id']}/parts", status, {"numbers": numbers})


def test_presigned_url_is_for_one_part(member):
    """Who has a part's URL can send that part and nothing else."""
    sending = Sending(member, video_bytes(MIB))
    url = member.ok("POST", f"{sending.path}/parts", {"numbers": [1]})["urls"]["1"]
    assert httpx.put(url.replace("partNumber=1", "partNumber=2"), content=b"x").status_code == 403
    assert httpx.get(url).status_code == 403
    assert httpx.delete(url).status_code == 403
    other = sending.begun["video_id"], new_id()
    assert httpx.put(url.replace(*other), content=b"x").status_code == 403


def test_tenant_that_is_gone(world):
    """A token of a tenant that no longer exists begins nothing."""
    stranger = world.new_member(new_id())
    stranger.refused("POST", "/v1/uploads", 404, GOOD, code="not_found")
