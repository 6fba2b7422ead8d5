"""What a transaction pooler does to a client that listens: it takes LISTEN, and tells nothing."""

import socket
import threading
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

_NOTIFICATION = b"A"


class Pooler(ThreadingTCPServer):
    """Stands between clients and Postgres, and drops notifications; used as a context manager."""

    def __init__(self, database_url):
        super().__init__(("127.0.0.1", 0), _Connection)
        parts = urlsplit(database_url)
        self.target = ("127.0.0.1", parts.port)
        place = f"{parts.username}:{parts.password}@127.0.0.1:{self.server_address[1]}"
        plain = "sslmode=disable&gssencmode=disable"
        self.url = parts._replace(netloc=place, query=plain).geturl()
        self._thread = threading.Thread(target=self.serve_forever)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self._thread.join()
        self.server_close()  # when all connections have ended


class _Connection(BaseRequestHandler):
    def handle(self):
        with socket.create_connection(self.server.target) as server:
            sender = threading.Thread(target=self._pass_on, args=(server,))
            sender.start()
            with server.makefile("rb") as answers:
                while message := _message(answers):
                    if not message.startswith(_NOTIFICATION):
                        self.request.sendall(message)
            sender.join()

    def _pass_on(self, server):
        while data := self.request.recv(65536):
            server.sendall(data)
        server.shutdown(socket.SHUT_WR)


def _message(stream):
    """A letter, a length that counts itself, and the rest."""
    head = stream.read(5)
    return head + stream.read(int.from_bytes(head[1:]) - 4) if head else b""
