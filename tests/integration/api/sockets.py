"""A client of the sync socket, without a database of its own."""

import base64
import json
import os
import uuid

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from captionacc.sync.changes import Change, pack_id
from captionacc.sync.wire import decode_change, encode_change

from .world import wait_until


class Client:
    """One connection; messages that were not asked for yet are kept.

    Args:
        api: The API.
        token: Whose connection; ``None`` says no hello.
        video_id: The video.
        name: Which database.
        hello: What else the hello says.
    """

    def __init__(self, api, token, video_id, name="layout", site_id=None, **hello) -> None:
        self.site_id = site_id or os.urandom(16)
        self.kept = []
        self.close_code = None
        path = f"/v1/videos/{video_id}/databases/{name}/sync"
        self.socket = connect(
            api.url.replace("http", "ws") + path, max_size=1 << 26, close_timeout=2, proxy=None
        )
        if token is not None:
            self.say("hello", **hello_of(token, self.site_id, **hello))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, kind, **values):
        """Send a message."""
        self.socket.send(json.dumps({"v": 1, "type": kind, **values}))

    def hear(self, kind, timeout_s=20, **wanted):
        """The next message of this kind with these values; others are kept."""
        for message in self.kept:
            if fits(message, kind, wanted):
                self.kept.remove(message)
                return message
        found = []

        def listen():
            message = json.loads(self.socket.recv(timeout=timeout_s))
            (found if fits(message, kind, wanted) else self.kept).append(message)
            return found

        try:
            return wait_until(listen, kind, timeout_s)[0]
        except ConnectionClosed as closed:
            raise AssertionError(f"closed instead of {kind}: {closed}, {self.kept}") from closed

    def edit(self, *changes, batch=None):
        """Send a batch; returns its name."""
        batch = batch or uuid.uuid4().hex
        self.say("changes", batch=batch, changes=[encode_change(one) for one in changes])
        return batch

    def change(self, table, row_id, cid, val, version=1):
        """A change of this client's."""
        return Change(table, pack_id(row_id), cid, val, version, 1, self.site_id, 1, 0)

    def write(self, table, row_id, cid, val, version=1):
        """Edit and wait until it is safe."""
        return self.hear("ack", batch=self.edit(self.change(table, row_id, cid, val, version)))

    def changes(self, **wanted):
        """The next pushed changes."""
        return [decode_change(one) for one in self.hear("changes", **wanted)["changes"]]

    def ended(self):
        """The close code and the error that came before, once the server has ended it."""
        try:
            while True:
                self.kept.append(json.loads(self.socket.recv(timeout=20)))
        except ConnectionClosed as closed:
            errors = [one for one in self.kept if one["type"] == "error"]
            return closed.rcvd.code if closed.rcvd else None, errors[-1]["code"] if errors else None


def hello_of(token, site_id, **more):
    """What a hello says."""
    values = {
        "token": token,
        "site_id": base64.b64encode(site_id).decode(),
        "connection": str(uuid.uuid4()),
        "seen": None,
        "wants": "write",
    }
    return values | more


def fits(message, kind, wanted):
    """Whether it is what is waited for."""
    return message["type"] == kind and all(message[name] == value for name, value in wanted.items())
