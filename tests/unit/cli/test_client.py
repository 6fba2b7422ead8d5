"""The client finds the API, signs in, and turns its problems into our errors."""

import json
import socket

import pytest

from captionacc.cli.client import Client, find_api
from captionacc.cli.problems import error_class
from captionacc.errors import (
    CaptionAccError,
    InternalError,
    LeasedError,
    MissingDependencyError,
    NotFoundError,
    ObjectNotFoundError,
    ServiceUnavailableError,
    UsageError,
)
from captionacc.settings import get_settings

from .conftest import Answer


@pytest.fixture
def data_dir(monkeypatch, tmp_path):
    """An empty data folder that the settings name."""
    monkeypatch.setenv("CAPTIONACC_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("CAPTIONACC_API_URL", raising=False)
    get_settings.cache_clear()
    yield tmp_path
    get_settings.cache_clear()


def closed_port() -> int:
    """A port at which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def answers(status, body):
    """A session for whoever asks, and this answer to all else."""

    def answer(asked):
        if asked.path == "/v1/session":
            return Answer(body={"access_token": "t1"})
        return Answer(status, body)

    return answer


def test_running_stack_is_found(data_dir):
    """The address comes from the option, else the variable, else the running stack."""
    (data_dir / "stack.json").write_text(json.dumps({"api_url": "http://127.0.0.1:9/"}))
    assert find_api(None) == "http://127.0.0.1:9"
    assert find_api("http://127.0.0.1:8") == "http://127.0.0.1:8"


@pytest.mark.parametrize("content", [None, "", "{", "{}", "[]"])
def test_no_stack(data_dir, content):
    """Without a running stack the person is told how to start one; a half-written file is none."""
    if content is not None:
        (data_dir / "stack.json").write_text(content)
    with pytest.raises(MissingDependencyError, match="captionacc up"):
        find_api(None)


def test_nothing_answers():
    """A stack that has gone is missing too, and an address that is none is said to be none."""
    url = f"http://127.0.0.1:{closed_port()}"
    with Client(url) as client, pytest.raises(MissingDependencyError, match="captionacc up"):
        client.get("/v1/videos")
    with Client("nonsense") as client, pytest.raises(MissingDependencyError, match="no address"):
        client.get("/v1/videos")


def test_session_is_opened_and_renewed(serve):
    """Every request carries the session's token; an expired one is renewed once."""
    tokens = iter(["old", "new"])

    def answer(asked):
        if asked.path == "/v1/session":
            return Answer(body={"access_token": next(tokens)})
        is_new = asked.headers["Authorization"] == "Bearer new"
        return Answer(200 if is_new else 401, {"code": "unauthenticated"})

    server = serve(answer)
    with Client(server.url) as client:
        client.get("/v1/videos")
        client.get("/v1/videos")
    paths = [asked.path for asked in server.asked]
    assert paths == ["/v1/session", "/v1/videos", "/v1/session", "/v1/videos", "/v1/videos"]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (409, {"code": "leased", "detail": "d", "hint": "h"}, LeasedError),
        (404, {"detail": "d", "hint": "h"}, NotFoundError),
        (422, {"title": "d", "hint": "h"}, UsageError),
        (503, {"code": "unheard_of", "detail": "d", "hint": "h"}, ServiceUnavailableError),
        (500, b"<html>", InternalError),
        (502, [], ServiceUnavailableError),
    ],
)
def test_problem_becomes_our_error(serve, status, body, error):
    """The problem's code names the error, else its status; message and hint come along."""
    with Client(serve(answers(status, body)).url) as client, pytest.raises(error) as raised:
        client.post("/v1/videos/x/actions/retry")
    assert type(raised.value) is error
    if isinstance(body, dict):
        assert (raised.value.message, raised.value.hint) == ("d", "h")


def test_broken_connection_can_be_tried_again(serve):
    """A server that hangs up is not missing: the same command may work again."""
    server = serve(lambda asked: answers(200, {})(asked) if "session" in asked.path else None)
    with Client(server.url) as client, pytest.raises(ServiceUnavailableError, match="broke"):
        client.get("/v1/videos")


def test_refused_event_stream(serve):
    """A problem in place of the stream is told as any other."""
    server = serve(answers(403, {"code": "forbidden", "detail": "no"}))
    with Client(server.url) as client, pytest.raises(UsageError, match="no"), client.events():
        pass


def test_each_code_has_its_class():
    """A code at any depth of the tree is found; an unknown one is the tree's root."""
    assert error_class("object_not_found") is ObjectNotFoundError
    assert error_class("never heard of") is CaptionAccError
