"""A bucket that refuses, breaks off, dies or is silent."""

import os
import signal
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from captionacc.errors import MissingDependencyError, ObjectNotFoundError, StoreError
from captionacc.settings import get_settings
from captionacc.stack.object_store import ObjectStoreService
from captionacc.stack.ports import free_ports
from captionacc.storage import S3Bucket, S3Store, StoreLocation, default_location, open_store
from captionacc.storage import s3 as s3_module
from captionacc.storage.admin import ensure_bucket
from captionacc.storage.multipart import MultipartUploads


@contextmanager
def server_that(answers):
    """The URL of a server that does ``answers(connection)`` once for each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1 << 16)
                    answers(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(20)


@pytest.fixture
def few_retries(monkeypatch):
    """Stores that are opened now give up soon."""
    monkeypatch.setitem(s3_module._RETRIES, "max_retries", 1)


@pytest.fixture
def little_patience(monkeypatch):
    """Stores that are opened now take silence for death soon."""
    monkeypatch.setitem(s3_module._CLIENT, "read_timeout", timedelta(milliseconds=200))


@pytest.fixture
def many_retries(monkeypatch):
    """Stores that are opened now wait also for a store that starts slowly, on a busy machine."""
    monkeypatch.setitem(s3_module._RETRIES, "max_retries", 100)
    monkeypatch.setitem(s3_module._RETRIES, "retry_timeout", timedelta(minutes=2))


@pytest.fixture
def mortal(service_folders, service_secrets, access):
    """A store of its own for one test, to be killed."""
    (port,) = free_ports(1)
    folders = replace(service_folders, root=service_folders.root / "mortal")
    folders.make()
    service = ObjectStoreService(folders, port, service_secrets, "captionacc-test")
    service.start()
    try:
        service.wait_ready()
        ensure_bucket(replace(access, endpoint=service.address))
        yield service
    finally:
        service.stop()


def test_refused_keys_say_what_to_check(s3, own_bucket):
    """A wrong secret or an unknown key names the settings that hold them."""
    s3.put("k", b"x")
    for wrong in (
        replace(own_bucket, secret_access_key=own_bucket.access_key_id),
        replace(own_bucket, access_key_id="nobody"),
    ):
        for attempt in (
            lambda wrong=wrong: S3Store(wrong).get("k"),
            lambda wrong=wrong: S3Store(wrong).head("k"),
            lambda wrong=wrong: S3Store(wrong).put("k", b"y"),
            lambda wrong=wrong: S3Store(wrong).list(),
            lambda wrong=wrong: MultipartUploads(wrong).create("k"),
        ):
            with pytest.raises(StoreError, match="CAPTIONACC_S3_SECRET_ACCESS_KEY") as caught:
                attempt()
            assert not isinstance(caught.value, ObjectNotFoundError)
            assert own_bucket.secret_access_key not in str(caught.value)
    assert s3.get("k") == b"x"


def test_a_missing_bucket_is_no_missing_object(access):
    """A mistyped bucket is named, with the setting to correct."""
    store = S3Store(replace(access, bucket="mistyped"))
    for attempt in (lambda: store.get("k"), store.list):
        with pytest.raises(StoreError, match=r"mistyped.*CAPTIONACC_S3_BUCKET") as caught:
            attempt()
        assert not isinstance(caught.value, ObjectNotFoundError)


@pytest.mark.usefixtures("few_retries")
def test_nobody_there(access):
    """A store that does not listen is a StoreError that names its address."""
    (port,) = free_ports(1)
    gone = replace(access, endpoint=f"http://127.0.0.1:{port}")
    for attempt in (
        lambda: S3Store(gone).get("k"),
        lambda: S3Store(gone).put_if_absent("k", b""),
        lambda: MultipartUploads(gone).create("k"),
        lambda: ensure_bucket(gone),
    ):
        with pytest.raises(StoreError, match=str(port)):
            attempt()


@pytest.mark.usefixtures("few_retries")
def test_an_answer_that_breaks_off(access, tmp_path):
    """An object whose bytes end early is an error, and leaves no partial file."""

    def half(connection):
        connection.sendall(
            b'HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\nETag: "a"\r\n'
            b"Last-Modified: Wed, 25 Nov 2026 00:00:00 GMT\r\n\r\n" + bytes(3_000_000)
        )

    with server_that(half) as url:
        store = S3Store(replace(access, endpoint=url))
        with pytest.raises(StoreError):
            store.get("k")
        with pytest.raises(StoreError):
            store.get_to_file("k", tmp_path / "out")
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("few_retries", "little_patience")
def test_silence(access):
    """A store that takes requests and never answers is given up."""
    done = threading.Event()
    with server_that(lambda _: done.wait(20)) as url:
        try:
            with pytest.raises(StoreError):
                S3Store(replace(access, endpoint=url)).get("k")
        finally:
            done.set()


@pytest.mark.usefixtures("few_retries")
def test_a_store_that_dies_in_the_middle(mortal, access, tmp_path):
    """A killed store is a StoreError for reader and writer, and nothing half is to be seen."""
    mine = replace(access, endpoint=mortal.address)
    store = S3Store(mine)
    with (tmp_path / "big").open("wb") as file:
        file.truncate(64 << 20)
    store.put_file("old", tmp_path / "big")
    chunks = store._chunks("old")
    next(chunks)
    os.kill(mortal.child.pid, signal.SIGKILL)
    mortal.child.wait(30)
    with pytest.raises(StoreError):
        list(chunks)
    with pytest.raises(StoreError):
        store.put_file("new", tmp_path / "big")
    mortal.start()
    mortal.wait_ready()
    assert [info.key for info in store.list()] == ["old"]


@pytest.mark.usefixtures("many_retries")
def test_a_restart_of_the_store_is_bridged(mortal, access):
    """Who writes while the store is started again waits for it and succeeds."""
    store = S3Store(replace(access, endpoint=mortal.address))
    os.kill(mortal.child.pid, signal.SIGKILL)
    mortal.child.wait(30)
    writer = threading.Thread(target=store.put, args=("k", b"kept"))
    writer.start()
    mortal.start()
    mortal.wait_ready()
    writer.join(120)
    assert store.get("k") == b"kept"


@pytest.mark.usefixtures("bucket_settings")
def test_a_location_holds_no_keys(s3, own_bucket):
    """A bucket's location travels as JSON without secrets; who opens it has keys of its own."""
    assert default_location().root.bucket == get_settings().s3_bucket
    location = StoreLocation(S3Bucket(bucket=own_bucket.bucket, endpoint=own_bucket.endpoint))
    text = location.model_dump_json()
    assert own_bucket.access_key_id not in text
    open_store(StoreLocation.model_validate_json(text)).put("k", b"x")
    assert s3.get("k") == b"x"


def test_a_bucket_without_keys_says_so(monkeypatch):
    """A process whose settings hold no keys names the variable to set."""
    monkeypatch.delenv("CAPTIONACC_S3_ACCESS_KEY_ID", raising=False)
    get_settings.cache_clear()
    with pytest.raises(MissingDependencyError, match="CAPTIONACC_S3_ACCESS_KEY_ID"):
        open_store(default_location())


def test_other_settings_of_the_environment_have_no_effect(s3, monkeypatch):
    """AWS variables that a person has set for other programs change nothing."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "stray")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "stray")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    S3Store(s3._access).put("k", b"x")
    upload_id = MultipartUploads(s3._access).create("m")
    assert MultipartUploads(s3._access).list_parts("m", upload_id) == ()
