"""Stands in for the platform's proxy: starts the program on a request, which it holds meanwhile."""

import contextlib
import select
import socket
import socketserver
import threading

from .standing import LIMIT_S, wait_until


class Proxy(socketserver.ThreadingTCPServer):
    """Passes connections on to the API of ``place``, which it starts whenever it does not run.

    Args:
        place: Where the program is started.
        variables: Its environment beside that of the place.
    """

    daemon_threads = True

    def __init__(self, place, **variables) -> None:
        super().__init__(("127.0.0.1", 0), _Visit)
        self.place = place
        self.url = "http://{}:{}".format(*self.server_address)
        self._variables = variables
        self._one_at_a_time = threading.Lock()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    @property
    def process(self):
        """The program that was started last."""
        return self.place.started[-1] if self.place.started else None

    def connect(self):
        """A connection to the API, however long its start takes."""
        return wait_until(self._try_to_connect, "a connection", LIMIT_S)

    def _try_to_connect(self):
        with self._one_at_a_time:
            if self.process is None or self.process.poll() is not None:
                self.place.up("--json", **self._variables)
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", self.place.ports["API"]), LIMIT_S)
        return None


class _Visit(socketserver.BaseRequestHandler):
    def handle(self):
        with self.server.connect() as api:
            other = {self.request: api, api: self.request}
            while True:
                readable, _, _ = select.select(list(other), [], [])
                for one in readable:
                    data = one.recv(65536)
                    if not data:
                        return
                    other[one].sendall(data)
