"""A client of the sync socket, without a database of its own."""

import base64
import json
import os
import socket
import uuid

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from captionacc.databases.layout import LayoutBox, LayoutConfig, write_layout
from captionacc.databases.packing import pack
from captionacc.model.geometry import OcrBox
from captionacc.storage.keys import VideoKeys
from captionacc.storage.s3 import S3Store
from captionacc.sync.changes import Change, pack_id
from captionacc.sync.wire import decode_change, encode_change

from .scene import access_of
from .world import REGION, wait_until


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

    def hear_any(self, kinds, **wanted):
        """The next message of one of these kinds."""
        while True:
            for message in self.kept:
                if message["type"] in kinds and fits(message, message["type"], wanted):
                    return message
            self.kept.append(json.loads(self.socket.recv(timeout=20)))

    def until(self, is_wanted, what, timeout_s=20):
        """The first pushed change that is wanted; all before it are passed over."""

        def look():
            return [one for one in self.changes(timeout_s=timeout_s) if is_wanted(one)]

        return wait_until(look, what, timeout_s)[0]

    def close(self):
        """End it in good order."""
        self.socket.close()

    def drop(self):
        """Let the connection break."""
        self.socket.socket.shutdown(socket.SHUT_RDWR)

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

    def changes(self, timeout_s=20, **wanted):
        """The next pushed changes."""
        message = self.hear("changes", timeout_s, **wanted)
        self.say("ack", db_version=message["db_version"])
        return [decode_change(one) for one in message["changes"]]

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


def put_layout(object_store, folder, video, frames=3):
    """A layout with three boxes a frame: two lines at the bottom, one at the top."""
    path, packed = folder / "layout.db", folder / "layout.db.gz"
    boxes = [
        LayoutBox(frame, index, OcrBox(f"line {frame} {index}", 0.9, 0.3, top, 0.7, top + 0.05))
        for frame in range(frames)
        for index, top in enumerate((0.8, 0.86, 0.1))
    ]
    write_layout(path, LayoutConfig(1280, 720, REGION), boxes)
    pack(path, packed)
    key = VideoKeys(video.tenant_id, video.id).layout_db
    S3Store(access_of(object_store)).put_file(key, packed)
