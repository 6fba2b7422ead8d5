"""Following a video: every change is seen, a broken stream goes on where it broke."""

import json

import pytest

from captionacc.cli import watching
from captionacc.cli.client import Client
from captionacc.cli.display import QuietDisplay
from captionacc.cli.outcome import Outcome
from captionacc.cli.watching import conclude, follow, watch
from captionacc.errors import NotFoundError, ServiceUnavailableError, WorkerLostError

from .conftest import Answer

VIDEO = {
    "id": "v1",
    "title": "film.mp4",
    "status": "processing",
    "layout_status": "wait",
    "captions_status": "wait",
    "text_status": "wait",
    "created_at": "2026-01-01T00:00:00Z",
}
RUN = {
    "id": "r1",
    "video_id": "v1",
    "flow": "video-initial-processing",
    "subject": "",
    "state": "running",
    "prefect_flow_run_id": "f1",
    "created_at": "2026-01-01T00:00:01Z",
}
FOUND = VIDEO | {
    "status": "active",
    "layout_status": "annotate",
    "crop_region": [0.1, 0.8, 0.9, 0.95],
}


def event(name, number, **data):
    """An event of the stream."""
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()


class Api:
    """Streams and states one after the other; the last of each is repeated."""

    def __init__(self, serve, streams, videos, runs) -> None:
        self._left = {"/v1/events": streams, "/v1/videos/v1": videos, "/v1/videos/v1/runs": runs}
        self._server = serve(self._answer)
        self.url = self._server.url

    def _answer(self, asked):
        if asked.path == "/v1/session":
            return Answer(body={"access_token": "t"})
        left = self._left[asked.path]
        body = left.pop(0) if len(left) > 1 else left[0]
        if asked.path.endswith("/runs"):
            return Answer(body={"runs": body})
        return body if body is None or isinstance(body, Answer) else Answer(body=body)

    @property
    def resumed_from(self):
        """The last event id that each stream was asked to go on from."""
        streams = [asked for asked in self._server.asked if asked.path == "/v1/events"]
        return [asked.headers.get("Last-Event-ID") for asked in streams]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(watching, "_PAUSE_S", 0.001)


def test_progress_changes_and_a_broken_stream(serve):
    """Progress comes from events alone, other videos do not count, and nothing is missed."""
    streams = [
        event("run", "1-1", id="r9", video_id="other", state="running")
        + event(
            "run",
            "1-2",
            id="r1",
            video_id="v1",
            state="running",
            phase="p",
            progress=0.5,
            attempt=1,
        ),
        None,
        event("video", "1-3", id="v1"),
    ]
    api = Api(serve, streams, [VIDEO, VIDEO, FOUND], [[RUN], [RUN], []])
    with Client(api.url) as client:
        seen = list(follow(client, "v1"))
    assert api.resumed_from == [None, "1-2", "1-2"]
    assert [snapshot.outcome for snapshot in seen][-1] is Outcome.LAYOUT_TO_APPROVE
    assert seen[1].runs[0].progress == 0.5


def test_settled_video_needs_no_event(serve):
    """What already waits for a person is told at once."""
    api = Api(serve, [b""], [FOUND], [[]])
    with Client(api.url) as client:
        (only,) = follow(client, "v1")
    assert only.outcome is Outcome.LAYOUT_TO_APPROVE


def test_first_stream_must_open(serve):
    """An API that cannot stream is an error, not a reason to wait."""
    api = Api(serve, [None], [VIDEO], [[]])
    with Client(api.url) as client, pytest.raises(ServiceUnavailableError):
        list(follow(client, "v1"))


def test_stream_that_stays_broken(serve, monkeypatch):
    """Patience ends some time."""
    monkeypatch.setattr(watching, "_PATIENCE_S", 0.01)
    api = Api(serve, [event("video", "1-1", id="v1"), None], [VIDEO], [[RUN]])
    with Client(api.url) as client, pytest.raises(ServiceUnavailableError):
        list(follow(client, "v1"))


def test_unknown_video(serve):
    """A video that is not there is told as such."""
    api = Api(serve, [b""], [Answer(404, {"code": "not_found", "detail": "No."})], [[]])
    with Client(api.url) as client, pytest.raises(NotFoundError):
        list(follow(client, "v1"))


def test_json_lines_and_exit_codes(serve, capsys):
    """Each change is a line of JSON; the exit code is 0, 4 without captions, else the failure's."""
    failed = VIDEO | {
        "status": "error",
        "error": {"code": "worker_lost", "message": "It died.", "hint": "", "run_id": "r1"},
    }
    api = Api(serve, [b""], [FOUND, FOUND | {"crop_region": None}, failed], [[]])
    with Client(api.url) as client:
        found, empty, broken = [watch(client, "v1", QuietDisplay(), as_json=True) for _ in range(3)]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["outcome"] for line in lines] == ["layout_to_approve", "no_captions", "failed"]
    assert set(lines[0]) == {"video_id", "outcome", "flow", "phase", "progress"}
    assert conclude(found) == 0
    assert conclude(empty) == 4
    with pytest.raises(WorkerLostError, match="captionacc retry v1"):
        conclude(broken)
    out = capsys.readouterr().out
    assert "captionacc approve v1\n" in out
    assert "--crop L,T,R,B" in out
