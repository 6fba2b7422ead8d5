"""The client of the API's internal endpoints, against an API that answers as it likes."""

import asyncio
import json

import httpx
import pytest

from captionacc.databases.captions import CaptionOcr, OcrStatus
from captionacc.errors import (
    ConflictError,
    InternalError,
    LeasedError,
    NotFoundError,
    ServiceUnavailableError,
    StoreError,
    UnreadableDatabaseError,
)
from captionacc.flows.captions_api import CaptionsApi
from captionacc.model.results import CaptionExtent
from captionacc.settings import get_settings
from captionacc.stack.ports import free_ports


@pytest.fixture(autouse=True)
def api_settings(monkeypatch):
    """Where the API is said to be."""
    monkeypatch.setenv("CAPTIONACC_API_URL", "http://127.0.0.1:1/")
    monkeypatch.setenv("CAPTIONACC_SERVICE_TOKEN", "a-secret")
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def ask(answer, call):
    """What ``call`` returns or raises when the API answers so, and the request it made."""
    requests = []

    def handle(request):
        requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def scenario():
        client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
        async with CaptionsApi(client) as api:
            return await call(api)

    return asyncio.run(scenario()), requests[0]


def test_build_sends_the_token_and_names_the_version():
    """The API hears who asks and for what, and says which captions are to be read."""
    answer = httpx.Response(200, json={"caption_ids": [3, 4], "caption_count": 9})
    built, request = ask(answer, lambda api: api.build("t", "v", 2, "r"))
    assert (built.caption_ids, built.caption_count) == ((3, 4), 9)
    assert request.url == "http://127.0.0.1:1/v1/internal/videos/v/captions"
    assert request.headers["Authorization"] == "Bearer a-secret"
    assert json.loads(request.content) == {"tenant_id": "t", "version": 2, "run_id": "r"}


def test_readings_are_sent_with_what_went_wrong():
    """A caption that could not be read travels with its error."""
    extent = CaptionExtent(0, 5, 0.04, 0.52, 0.9)
    results = [
        CaptionOcr(1, OcrStatus.COMPLETED, "Hello", 0.9, extent=extent),
        CaptionOcr(2, OcrStatus.ERROR, error="broken"),
    ]
    _, request = ask(httpx.Response(204), lambda api: api.store_ocr("t", "v", results))
    assert (request.method, request.url.path) == ("PATCH", "/v1/internal/videos/v/captions/ocr")
    rows = json.loads(request.content)["results"]
    assert rows[0]["extent"]["start_pts_s"] == extent.start_pts_s
    assert [(row["caption_id"], row["status"], row["error"]) for row in rows] == [
        (1, "completed", None),
        (2, "error", "broken"),
    ]


def test_waits_for_an_api_that_starts_again(monkeypatch):
    """A connection that is refused is tried again for a while."""
    (port,) = free_ports(1)
    monkeypatch.setenv("CAPTIONACC_API_URL", f"http://127.0.0.1:{port}")
    get_settings.cache_clear()

    async def answer(_reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n" + b'{"captions":[]}')
        await writer.drain()
        writer.close()

    async def scenario():
        async with CaptionsApi() as api:
            asked = asyncio.create_task(api.extents("t", "v", [1]))
            await asyncio.sleep(0.2)  # the first connection is refused
            async with await asyncio.start_server(answer, "127.0.0.1", port):
                return await asked

    assert asyncio.run(scenario()) == {}


def test_silence_is_worth_a_retry():
    """An API that cannot be reached is a passing trouble."""
    with pytest.raises(ServiceUnavailableError, match="did not answer"):
        ask(httpx.ConnectError("refused"), lambda api: api.build("t", "v", 1, "r"))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (503, {"code": "store", "detail": "the store is down"}, StoreError),
        (500, {}, ServiceUnavailableError),
        (502, None, ServiceUnavailableError),
        (404, {"code": "not_found", "detail": "no such video"}, NotFoundError),
        (409, {"code": "leased", "detail": "held"}, LeasedError),
        (409, {}, ConflictError),
        (422, {"code": "unreadable_database", "detail": "damaged"}, UnreadableDatabaseError),
        (401, {}, InternalError),
    ],
)
def test_a_problem_is_the_error_that_it_names(status, body, kind):
    """The problem's code names the error; without one the status tells what to do."""
    answer = httpx.Response(status, json=body) if body is not None else httpx.Response(status)
    with pytest.raises(kind):
        ask(answer, lambda api: api.build("t", "v", 1, "r"))


def test_an_answer_of_another_shape_is_a_bug():
    """Both sides are ours, so an answer that cannot be read is our mistake."""
    with pytest.raises(InternalError, match="BuiltCaptions"):
        ask(httpx.Response(200, json={"ids": []}), lambda api: api.build("t", "v", 1, "r"))


def test_extents_come_by_caption():
    """Each caption that is left has its extent."""
    extent = {
        "start_index": 0, "end_index": 5, "start_pts_s": 0.04, "end_pts_s": 0.52, "confidence": 0.9,
    }  # fmt: skip
    answer = httpx.Response(200, json={"captions": [{"caption_id": 7, "extent": extent}]})
    extents, request = ask(answer, lambda api: api.extents("t", "v", [7, 8]))
    assert extents == {7: CaptionExtent(0, 5, 0.04, 0.52, 0.9)}
    assert request.url.params["ids"] == "7,8"
