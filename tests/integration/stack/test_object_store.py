"""SeaweedFS as our child."""

import os
import signal

import httpx
import pytest
from obstore.store import S3Store


@pytest.fixture
def bucket(object_store, service_secrets):
    """The bucket with the key to all of it."""
    return S3Store(
        "captionacc-test",
        endpoint=object_store.address,
        region="us-east-1",
        access_key_id=service_secrets.s3_access_key_id,
        secret_access_key=service_secrets.s3_secret_access_key,
        client_options={"allow_http": True},
    )


def test_nobody_gets_in_without_a_key(object_store, bucket):
    """Another user of this machine can reach the port, and nothing more."""
    bucket.put("secret.txt", b"secret")
    answer = httpx.get(f"{object_store.address}/captionacc-test/secret.txt")
    assert answer.status_code == 403


def test_keeps_objects_through_a_kill(object_store, bucket):
    """What was stored before a kill -9 is there after the restart, on the same port."""
    bucket.put("kept.txt", b"kept")
    os.kill(object_store.child.pid, signal.SIGKILL)
    object_store.child.wait(30)
    object_store.start()
    object_store.wait_ready()
    assert bytes(bucket.get("kept.txt").bytes()) == b"kept"


def test_internal_ports_are_closed(object_store):
    """A web page that a person of this machine visits can neither read nor delete behind S3."""
    options = dict(word[1:].split("=", 1) for word in object_store.child.program.command[2:])
    urls = {
        f"http://127.0.0.1:{options['master.port']}/col/delete?collection=captionacc-test",
        f"http://127.0.0.1:{options['master.port']}/dir/assign",
        f"http://127.0.0.1:{options['filer.port']}/buckets/?pretty=y",
    }
    assert {httpx.get(url).status_code for url in urls} <= {401, 404}
