"""How much is taken of a body, and how often one may come."""

import asyncio

import pytest
from starlette.exceptions import HTTPException

from captionacc.api.limits import BodyLimit, RateLimit, body_limit


def send_body(pieces, path="/v1/uploads", method="POST", headers=()):
    """What the application received, and the status; ``None`` is a client that hangs up."""
    received, sent = [], []

    async def app(scope, receive, send):
        received.append((await receive())["body"] if scope["method"] == "POST" else None)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    messages = [
        {"type": "http.disconnect"}
        if piece is None
        else {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    ]

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
    asyncio.run(BodyLimit(app)(scope, receive, send))
    return received, sent[0]["status"]


def test_body_in_pieces():
    """The application gets the whole body at once."""
    assert send_body([b"a", b"b", b""]) == ([b"ab"], 200)


@pytest.mark.parametrize("path", ["/v1/uploads", "/v1/webhooks/supabase", "/v1/internal/x"])
def test_largest_body(path):
    """The limit itself is taken, one byte more is not."""
    body = bytes(body_limit(path))
    assert send_body([body], path) == ([body], 200)
    assert send_body([body, b"x"], path) == ([], 413)
    assert send_body([body + b"x"], path) == ([], 413)


def test_announced_size():
    """What is announced as huge is not read at all."""
    assert send_body([], headers=[(b"content-length", b"99999999999")]) == ([], 413)


def test_endless_body():
    """Reading of a body that is too large ends some time."""
    assert send_body([bytes(1 << 20)] * 6) == ([], 413)


def test_body_that_breaks_off():
    """Half a body does not reach the application."""
    received, _ = send_body([b"half", None])
    assert received == []


def test_no_body():
    """Where there is no body nothing is waited for."""
    assert send_body([], method="GET") == ([None], 200)


def test_rate():
    """A burst is let through, then only what the rate allows."""
    now = [0.0]
    limit = RateLimit(3, 2.0, lambda: now[0])
    for _ in range(3):
        limit.take()
    with pytest.raises(HTTPException) as refused:
        limit.take()
    assert refused.value.status_code == 429
    now[0] = 0.5
    limit.take()
    with pytest.raises(HTTPException):
        limit.take()
    now[0] = 1000.0
    for _ in range(3):
        limit.take()
    with pytest.raises(HTTPException):
        limit.take()
