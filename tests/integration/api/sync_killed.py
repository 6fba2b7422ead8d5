"""Kills the API again and again while people edit, each with a real database of their own.

Editors work on layouts, offline too; a reader follows each. What a server has acknowledged must be
there afterwards, whatever was under way, and all must see the same in the end.
"""

import base64
import itertools
import json
import random
import sqlite3
import threading
import time
import uuid
from contextlib import closing

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from captionacc.databases import layout
from captionacc.databases.layout import BOXES_PER_FRAME
from captionacc.sync.engine.database import SyncDatabase
from captionacc.sync.wire import decode_change, encode_change

BOXES = [frame * BOXES_PER_FRAME + index for frame in range(3) for index in range(3)]
LABELS = ("in", "out", "clear", None)
AHEAD = 4
EDITS_BETWEEN = 5
READ = "SELECT id, label, label_updated_at FROM boxes ORDER BY id"


class Peer:
    """A client with a database of its own, which connects again whenever it has to."""

    def __init__(self, api, token, video_id, folder, *, wants) -> None:
        self.url = f"{api.url.replace('http', 'ws')}/v1/videos/{video_id}/databases/layout/sync"
        self.token, self.wants = token, wants
        self.path = folder / f"{uuid.uuid4()}.db"
        self.connection = str(uuid.uuid4())
        self.copy, self.place = None, 0
        self.unsent, self.sent_place = {}, 0
        self.acked, self.refused = {}, []
        self.ack_count = self.reconnects = 0
        self.is_ending = threading.Event()
        self.counter = itertools.count(1)
        self.database = None

    def run(self):
        """Until told to end, and everything is acknowledged and seen."""
        self.database = self._new_database()
        while True:
            try:
                with connect(self.url, close_timeout=1, open_timeout=5, proxy=None) as socket:
                    if self._talk(socket):
                        break
            except (OSError, WebSocketException, TimeoutError):
                self.reconnects += 1
                time.sleep(random.uniform(0.02, 0.2))  # noqa: S311  # no secret
        self.rows = self.database.execute(READ)
        self.database.close()

    def _new_database(self):
        database = SyncDatabase(self.path)
        for statement in layout.SCHEMA.tables:
            database.execute(statement)
        for table in layout.SCHEMA.table_names:
            database.execute("SELECT crsql_as_crr(?)", (table,))
        return database

    def _talk(self, socket):
        """Whether all is over."""
        self._hello(socket)
        for batch, (changes, _) in self.unsent.items():
            self._send(socket, batch, changes)
        is_complete = False
        while True:
            if is_complete and self.is_ending.is_set() and not self.unsent:
                return self._settled(socket)
            if is_complete and self.wants == "write" and not self.is_ending.is_set():
                while len(self.unsent) < AHEAD:
                    self._edit(socket)
            try:
                message = json.loads(socket.recv(timeout=0.05))
            except TimeoutError:
                continue
            is_complete = self._take(socket, message) or is_complete

    def _hello(self, socket):
        seen = None if self.copy is None else {"copy": self.copy, "db_version": self.place}
        self._say(
            socket,
            "hello",
            token=self.token,
            site_id=base64.b64encode(self.database.site_id).decode(),
            connection=self.connection,
            seen=seen,
            wants=self.wants,
        )
        message = json.loads(socket.recv(timeout=10))
        if message["type"] != "welcome":
            raise TimeoutError(message)
        assert self.copy in {None, message["copy"]}, "the lineage has changed"
        self.copy = message["copy"]

    def _take(self, socket, message):
        """Whether that was the end of the first sync."""
        match message["type"]:
            case "changes":
                self.database.apply([decode_change(one) for one in message["changes"]])
                self.place = message["db_version"]
                self._say(socket, "ack", db_version=self.place)
                return message["is_last"]
            case "ack":
                _, edit = self.unsent.pop(message["batch"], (None, None))
                if edit is not None:
                    self.acked[edit[0]] = edit[1]
                    self.ack_count += 1
            case "refused":
                self.refused.append((message["message"], self.unsent.pop(message["batch"])))
        return False

    def _edit(self, socket):
        box_id = random.choice(BOXES)  # noqa: S311
        number = next(self.counter)
        edit = (random.choice(LABELS), str(number))  # noqa: S311
        self.database.execute(
            "UPDATE boxes SET label = ?, label_updated_at = ? WHERE id = ?", (*edit, box_id)
        )
        own = self.database.site_id
        page = self.database.changes_since(self.sent_place)
        self.sent_place = page.db_version
        changes = [one for one in page.changes if one.site_id == own]
        batch = str(uuid.uuid4())
        self.unsent[batch] = (changes, (box_id, number))
        self._send(socket, batch, changes)

    def _send(self, socket, batch, changes):
        self._say(socket, "changes", batch=batch, changes=[encode_change(one) for one in changes])

    def _settled(self, socket):
        """All that was pushed until an answer to a ping is here."""
        self._say(socket, "ping")
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            try:
                self._take(socket, json.loads(socket.recv(timeout=0.3)))
            except TimeoutError:
                break
        return True

    def _say(self, socket, kind, **values):
        socket.send(json.dumps({"v": 1, "type": kind, **values}))


def kill_during_edits(new_api, people, kills, folder, chance):
    """So many kills while these people edit; returns the editors and the readers.

    Args:
        new_api: Starts the API anew over the same folder and port.
        people: Of each video a token, a colleague's token and the video's id.
        kills: How many.
        folder: For databases.
        chance: When to strike.
    """
    api = new_api()
    pairs = [
        (
            Peer(api, token, video_id, folder, wants="write"),
            Peer(api, other, video_id, folder, wants="read"),
        )
        for token, other, video_id in people
    ]
    threads = [threading.Thread(target=peer.run, daemon=True) for pair in pairs for peer in pair]
    for thread in threads:
        thread.start()
    for _ in range(kills):
        wait_for_progress(pairs)
        time.sleep(chance.uniform(0, 0.3))
        api.kill()
        api = new_api()
    wait_for_progress(pairs)
    for editor, _ in pairs:
        editor.is_ending.set()
    for thread in threads[::2]:
        thread.join(120)
        assert not thread.is_alive()
    for _, reader in pairs:
        reader.is_ending.set()
    for thread in threads[1::2]:
        thread.join(120)
        assert not thread.is_alive()
    return api, pairs


def wait_for_progress(pairs):
    """Until each editor has had further edits acknowledged."""
    before = [editor.ack_count for editor, _ in pairs]
    deadline = time.monotonic() + 60
    while any(
        editor.ack_count < was + EDITS_BETWEEN
        for (editor, _), was in zip(pairs, before, strict=True)
    ):
        assert time.monotonic() < deadline, "nobody gets anywhere"
        time.sleep(0.01)


def check(pairs):
    """Nothing acknowledged is lost, nothing was refused, and both saw the same."""
    for editor, reader in pairs:
        assert editor.refused == []
        assert editor.acked
        for row_id, _, number in editor.rows:
            assert int(number or 0) == editor.acked.get(row_id, 0)
        assert reader.rows == editor.rows


def check_files(folder):
    """Every database that the server left, or stores, is sound."""
    found = [path for path in folder.rglob("*.db") if path.name != "layout.db"]
    for path in found:
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
