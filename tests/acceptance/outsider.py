"""A client of the platform that knows nothing of our code: HTTP and JSON, as documented."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager

import httpx

ACTIVE = ("queued", "running")


def wait_until(condition, what, timeout_s=240.0):
    """The first true answer of ``condition``; fails when it does not come in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"{what} never came"
        threading.Event().wait(0.1)


class Outsider:
    """Somebody with the API's address and a token."""

    def __init__(self, url, token=None) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=30)
        if token is None:
            answer = self.http.post("/v1/session")
            answer.raise_for_status()
            session = answer.json()
            self.tenant_id, self.user_id = session["tenant_id"], session["user_id"]
            token = session["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def close(self):
        """End the connections."""
        self.http.close()

    def get(self, path, **params):
        """The JSON answer."""
        answer = self.http.get(path, params=params)
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path, body=None):
        """The JSON answer."""
        answer = self.http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def video(self, video_id):
        """The video now."""
        return self.get(f"/v1/videos/{video_id}")

    def runs(self, video_id, flow=None):
        """Its runs, of one flow if named."""
        runs = self.get(f"/v1/videos/{video_id}/runs")["runs"]
        return [run for run in runs if flow in {None, run["flow"]}]

    def export(self, video_id, name="json"):
        """The subtitles."""
        answer = self.http.get(f"/v1/videos/{video_id}/export", params={"format": name})
        assert answer.is_success, answer.text
        return answer.text

    def captions(self, video_id):
        """What the JSON export holds."""
        return json.loads(self.export(video_id))["captions"]

    def begin_upload(self, path, part_fingerprint="f1"):
        """A multipart upload of the file."""
        return self.post(
            "/v1/uploads",
            {
                "filename": path.name,
                "size_bytes": path.stat().st_size,
                "fingerprint": part_fingerprint,
            },
        )

    def put_parts(self, upload, path, numbers):
        """Send these parts with presigned URLs, without any token of the API."""
        urls = self.post(f"/v1/uploads/{upload['id']}/parts", {"numbers": list(numbers)})["urls"]
        size = upload["part_size_bytes"]
        data = path.read_bytes()
        for number in numbers:
            part = data[(number - 1) * size : number * size]
            answer = httpx.put(urls[str(number)], content=part, timeout=30)
            assert answer.is_success, answer.text

    def upload(self, path):
        """The video that the whole file became."""
        upload = self.begin_upload(path)
        count = -(-path.stat().st_size // upload["part_size_bytes"])
        self.put_parts(upload, path, range(1, count + 1))
        return self.post(f"/v1/uploads/{upload['id']}/complete")["video_id"]

    def wait_for_layout(self, video_id):
        """The video once its layout waits for a person."""

        def found():
            video = self.video(video_id)
            assert video["status"] != "error", video["error"]
            return video if video["layout_status"] == "annotate" else None

        return wait_until(found, "the layout")

    def wait_for_texts(self, video_id, version):
        """The video once all captions of this version are read."""

        def found():
            video, runs = self.video(video_id), self.runs(video_id)
            failed = [run["error"] for run in runs if run["state"] == "failed"]
            assert not failed, failed
            is_busy = any(run["state"] in ACTIVE for run in runs)
            return video if video["active_version"] == version and not is_busy else None

        return wait_until(found, f"version {version}")

    @contextmanager
    def listening(self):
        """A list that grows with the tenant's live events while the block runs."""
        events, is_open, sockets = Events(), threading.Event(), []

        def listen():
            try:
                with self.http.stream("GET", "/v1/events", timeout=60) as answer:
                    assert answer.status_code == 200
                    network = answer.extensions["network_stream"]
                    sockets.append(network.get_extra_info("socket"))
                    is_open.set()
                    for line in answer.iter_lines():
                        events.feed(line)
            except httpx.TransportError:
                pass  # the end of the block hangs up; if the stack did, the test misses events

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            assert is_open.wait(20), "the event stream did not open"
            yield events
        finally:
            for one in sockets:
                one.shutdown(socket.SHUT_RDWR)
            thread.join(20)


class Events(list):
    """Events as ``(id, name, data)``, made from the stream's lines."""

    def __init__(self) -> None:
        super().__init__()
        self._fields = {}

    def feed(self, line):
        """Take one line."""
        if line and not line.startswith(":"):
            name, _, value = line.partition(":")
            self._fields[name] = value.strip()
        elif not line and "data" in self._fields:
            data = json.loads(self._fields["data"])
            self.append((self._fields["id"], self._fields["event"], data))
            self._fields = {}
