"""What a browser is given: signed URLs, parts that are remembered, keys to one folder."""

import json
import os
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from captionacc.errors import ConflictError, NotFoundError, StoreError, UsageError
from captionacc.storage import S3Store
from captionacc.storage.admin import ensure_bucket
from captionacc.storage.boto import s3_client
from captionacc.storage.credentials import tenant_credentials
from captionacc.storage.multipart import MultipartUploads, UploadedPart
from captionacc.storage.signing import Signer

PART_BYTES = 5 << 20
KEY = "t1/client/videos/v/video.mp4"
ORIGIN = {"Origin": "https://captions.example"}


@pytest.fixture
def uploads(own_bucket):
    """Uploads to the bucket."""
    return MultipartUploads(own_bucket)


@pytest.fixture
def signer(own_bucket):
    """Signs with the key to all of the bucket."""
    return Signer(own_bucket)


@pytest.fixture
def role_arn(object_store):
    """The role that the store's owner may assume."""
    return object_store.environment["CAPTIONACC_S3_ROLE_ARN"]


def send(signer, upload_id, number, data):
    """Send a part as a browser does: nothing but a URL."""
    answer = httpx.put(signer.presign_part(KEY, upload_id, number, 60), content=data)
    assert answer.is_success, answer.text


def test_parts_are_remembered_and_become_the_object(s3, uploads, signer):
    """Parts sent by several clients in any order, one of them twice, become one object."""
    data = os.urandom(2 * PART_BYTES + 1)
    pieces = {n + 1: data[n * PART_BYTES : (n + 1) * PART_BYTES] for n in range(3)}
    upload_id = uploads.create(KEY)
    assert uploads.list_parts(KEY, upload_id) == ()
    send(signer, upload_id, 3, pieces[3])
    for _ in range(2):
        send(signer, upload_id, 1, pieces[1])
    assert [(part.number, part.size_bytes) for part in uploads.list_parts(KEY, upload_id)] == [
        (1, PART_BYTES),
        (3, 1),
    ]
    assert s3.head(KEY) is None
    send(signer, upload_id, 2, pieces[2])
    uploads.complete(KEY, upload_id, uploads.list_parts(KEY, upload_id))
    assert s3.get(KEY) == data
    with pytest.raises(NotFoundError):
        uploads.list_parts(KEY, upload_id)


def test_what_cannot_be_completed_is_a_conflict(s3, uploads, signer):
    """No parts, foreign parts and parts that are too small make no object, and can be mended."""
    upload_id = uploads.create(KEY)
    with pytest.raises(ConflictError, match="part"):
        uploads.complete(KEY, upload_id, [])
    send(signer, upload_id, 1, b"too small")
    send(signer, upload_id, 2, b"end")
    first, last = uploads.list_parts(KEY, upload_id)
    for parts in ([first, last], [UploadedPart(1, '"0123"', 9)], [last, first]):
        with pytest.raises(ConflictError):
            uploads.complete(KEY, upload_id, parts)
    assert s3.head(KEY) is None
    send(signer, upload_id, 1, bytes(PART_BYTES))
    uploads.complete(KEY, upload_id, uploads.list_parts(KEY, upload_id))
    assert s3.head(KEY).size_bytes == PART_BYTES + 3


def test_aborted_uploads_are_gone(s3, uploads, signer):
    """An aborted upload takes nothing more; aborting it again is harmless."""
    upload_id = uploads.create(KEY)
    send(signer, upload_id, 1, b"x")
    uploads.abort(KEY, upload_id)
    uploads.abort(KEY, upload_id)
    for attempt in (
        lambda: uploads.list_parts(KEY, upload_id),
        lambda: uploads.complete(KEY, upload_id, [UploadedPart(1, '"x"', 1)]),
        lambda: uploads.list_parts(KEY, "unknown"),
    ):
        with pytest.raises(NotFoundError):
            attempt()
    assert not httpx.put(signer.presign_part(KEY, upload_id, 1, 60), content=b"x").is_success
    assert s3.list() == ()


def test_a_url_is_for_what_it_was_signed_for(s3, uploads, signer):
    """A URL reads or writes one object; changed in any way it is refused."""
    s3.put("t1/a", b"0123456789")
    s3.put("t1/b", b"secret")
    url = signer.presign_get("t1/a", 60)
    assert httpx.get(url, headers={"Range": "bytes=2-4"}).content == b"234"
    part = signer.presign_part(KEY, uploads.create(KEY), 1, 60)
    for forged in (
        url.replace("t1/a", "t1/b"),
        url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
        url.partition("?")[0],
    ):
        assert httpx.get(forged).status_code == 403
    assert httpx.put(url, content=b"x").status_code == 403
    assert httpx.put(part.replace("partNumber=1", "partNumber=2"), content=b"x").status_code == 403
    assert httpx.put(signer.presign_put("t1/c", 60), content=b"new").is_success
    assert s3.get("t1/c") == b"new"
    assert s3.get("t1/a") == b"0123456789"


def test_urls_end(signer, uploads):
    """A URL says when it ends, and holds no secret."""
    for url in (signer.presign_get(KEY, 77), signer.presign_part(KEY, uploads.create(KEY), 1, 77)):
        query = parse_qs(urlsplit(url).query)
        assert query["X-Amz-Expires"] == ["77"]
        assert signer._access.secret_access_key not in url


def test_pages_of_other_origins_may_use_urls(s3, uploads, signer):
    """A browser is told that it may send parts, read ranges, and see ETags."""
    s3.put("a", b"x")
    asked = {"Access-Control-Request-Method": "PUT"} | ORIGIN
    url = signer.presign_part(KEY, uploads.create(KEY), 1, 60)
    allowed = httpx.options(url, headers=asked).headers
    assert "PUT" in allowed["access-control-allow-methods"]
    shown = httpx.get(signer.presign_get("a", 60), headers=ORIGIN).headers
    assert shown["access-control-allow-origin"] in {"*", ORIGIN["Origin"]}
    assert "ETag" in shown["access-control-expose-headers"]


def test_ensure_bucket_is_safe_to_repeat(s3, own_bucket):
    """A bucket that exists keeps its objects."""
    s3.put("k", b"x")
    ensure_bucket(own_bucket, "https://captions.example")
    assert s3.get("k") == b"x"
    rules = s3_client(own_bucket).get_bucket_cors(Bucket=own_bucket.bucket)["CORSRules"]
    assert [rule["AllowedOrigins"] for rule in rules] == [["https://captions.example"]]


def test_a_tenants_keys_open_its_own_folder_alone(access, role_arn):
    """They read and list the tenant's client folder; everything else is refused."""
    owner = S3Store(access)
    keys = ("t1/client/videos/v/a", "t1/server/videos/v/a", "t2/client/videos/v/a", "t1/clients/a")
    for key in keys:
        owner.put(key, b"x")
    own, *foreign = keys
    given = tenant_credentials(access, "t1", role_arn)
    tenant = S3Store(given.access)
    assert given.prefix == "t1/client/"
    assert tenant.get(own) == b"x"
    assert tenant.head(own).size_bytes == 1
    assert [info.key for info in tenant.list("t1/client")] == [own]
    for attempt in (
        *(lambda key=key: tenant.get(key) for key in foreign),
        *(lambda key=key: tenant.head(key) for key in foreign),
        *(lambda prefix=prefix: tenant.list(prefix) for prefix in ("", "t1", "t1/server", "t2")),
        lambda: tenant.put("t1/client/new", b"x"),
        lambda: tenant.put(own, b"y"),
        lambda: tenant.put_if_absent("t1/client/new", b"x"),
        lambda: tenant.delete(own),
        lambda: MultipartUploads(given.access).create("t1/client/new"),
        lambda: ensure_bucket(given.access),
    ):
        with pytest.raises(StoreError, match="refused"):
            attempt()
    assert owner.get(own) == b"x"
    assert httpx.get(Signer(given.access).presign_get(foreign[0], 60)).status_code == 403
    assert httpx.get(Signer(given.access).presign_get(own, 60)).content == b"x"


def test_a_tenants_keys_make_no_others(access, role_arn):
    """They cannot be exchanged for keys without limits, nor used without their token."""
    S3Store(access).put("t1/client/a", b"x")
    given = tenant_credentials(access, "t1", role_arn)
    with pytest.raises(StoreError, match="refused"):
        tenant_credentials(given.access, "t2", role_arn)
    session = boto3.session.Session(
        given.access.access_key_id,
        given.access.secret_access_key,
        given.access.session_token,
        region_name="us-east-1",
    )
    with pytest.raises(ClientError):
        session.client("sts", endpoint_url=access.endpoint).assume_role(
            RoleArn=role_arn, RoleSessionName="escape"
        )
    with pytest.raises(ClientError):
        session.client("iam", endpoint_url=access.endpoint).create_access_key(UserName="captionacc")
    for token in (None, given.access.session_token[:-4] + "AAAA"):
        with pytest.raises(StoreError):
            S3Store(replace(given.access, session_token=token)).get("t1/client/a")


@pytest.mark.parametrize("tenant", ["", "*", "t1/..", "t*", "?", "${aws:username}"])
def test_no_tenant_id_widens_the_policy(access, role_arn, tenant):
    """Wildcards and paths never become part of a policy."""
    with pytest.raises(UsageError):
        tenant_credentials(access, tenant, role_arn)


def test_secrets_are_not_shown(access):
    """What is logged of an access holds no secret."""
    shown = f"{access!r} {json.dumps(str(access))}"
    assert access.secret_access_key not in shown
