"""A server on this machine that answers as a test wants, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict
    body: bytes


@dataclass(frozen=True)
class Answer:
    """One response; ``body`` is sent as it is, anything but bytes as JSON."""

    status: int = 200
    body: object = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Server:
    """Calls ``answer`` with each request; ``None`` breaks the connection without an answer."""

    def __init__(self, answer) -> None:
        self.asked: list[Asked] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _respond(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = Asked(self.command, self.path, dict(self.headers), body)
                asked.append(request)
                given = answer(request)
                if given is None:
                    self.close_connection = True
                    return
                self.send_response(given.status)
                self.send_header("Content-Length", str(len(given.content)))
                self.end_headers()
                self.wfile.write(given.content)

            do_GET = do_POST = do_PUT = _respond  # noqa: N815  # the library's names

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def serve():
    """Starts a server that answers with the given function."""
    servers = []

    def start(answer) -> Server:
        servers.append(Server(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
