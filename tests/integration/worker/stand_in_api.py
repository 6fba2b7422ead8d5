"""The API's internal endpoints over a store in a folder, with ``captions.db`` as a dictionary."""

import json
import tempfile
import threading
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from captionacc.databases.inference_results import read_inference_results
from captionacc.databases.packing import unpack
from captionacc.storage.keys import VideoKeys

TOKEN = "a-token-of-flows"  # noqa: S105  # of this server alone


class StandInApi(ThreadingHTTPServer):
    """Serves in a thread of its own; ``captions`` maps videos to their captions by id."""

    daemon_threads = True

    def __init__(self, store) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store = store
        self.captions = {}
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def build(self, video_id, body):
        """A caption for each extent that inference found."""
        keys = VideoKeys(body["tenant_id"], video_id)
        with tempfile.TemporaryDirectory() as folder:
            packed, path = Path(folder, "db.gz"), Path(folder, "db")
            self.store.get_to_file(keys.inference_results_db(body["version"]), packed)
            unpack(packed, path)
            extents = read_inference_results(path).extents
        self.captions[video_id] = {
            number: {"extent": asdict(extent), "status": "queued", "text": ""}
            for number, extent in enumerate(extents, 1)
        }
        return {"caption_ids": list(self.captions[video_id]), "caption_count": len(extents)}

    def extents(self, video_id, ids):
        """Where these captions are."""
        known = self.captions.get(video_id, {})
        return {
            "captions": [
                {"caption_id": one, "extent": known[one]["extent"]} for one in ids if one in known
            ]
        }

    def store_ocr(self, video_id, results):
        """Put the readings in."""
        for one in results:
            self.captions[video_id][one["caption_id"]] |= one


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):  # the base class's name
        self._answer(200, self.server.build(self._video_id(), self._body()))

    def do_GET(self):
        (ids,) = parse_qs(urlsplit(self.path).query)["ids"]
        self._answer(200, self.server.extents(self._video_id(), map(int, ids.split(","))))

    def do_PATCH(self):
        self.server.store_ocr(self._video_id(), self._body()["results"])
        self._answer(204, None)

    def log_message(self, *_words):
        """Say nothing."""

    def _video_id(self):
        assert self.headers["Authorization"] == f"Bearer {TOKEN}"
        return urlsplit(self.path).path.split("/")[4]

    def _body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, status, body):
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if content:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
