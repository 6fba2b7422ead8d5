"""Kills writers in mid-commit, again and again, and looks at what they left.

Every writer is a fork of this process, which has the engine loaded: a death costs a tenth of a
second. A writer tells of each commit after it has returned; what it told must be there afterwards,
and nothing of a transaction that it did not finish.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

from captionacc.sync.engine.database import SyncDatabase
from captionacc.sync.engine.module import load_module

ROWS = 3
"""Rows of one transaction, so that half of one could be seen."""
MOST_COMMITS = 8
ONE_COMMIT_S = 0.02
"""About as long as a writer needs for the next one."""
CLOSE_EVERY = 12


def write(path, pipe, seed):
    """Commit for ever; now and then close and open again, which also must not lose anything."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    database = SyncDatabase(path)
    while True:
        for _ in range(chance.randint(1, CLOSE_EVERY)):
            number = newest(database) + 1
            with database.transaction():
                for part in range(ROWS):
                    database.execute(
                        "INSERT INTO notes (id, number, text) VALUES (?, ?, ?)",
                        (number * ROWS + part, number, "x" * chance.randint(1, 20_000)),
                    )
                database.execute("UPDATE notes SET number = ? WHERE id = 0", (number,))
            os.write(pipe, number.to_bytes(8, "big"))
        database.close()
        database = SyncDatabase(path)


def newest(database):
    """The last transaction's number."""
    return database.execute("SELECT number FROM notes WHERE id = 0")[0][0]


def kill_one(path, seed):
    """The last transaction that a writer told of before it died."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            write(path, writing, seed)
        finally:
            os._exit(1)
    os.close(writing)
    chance = random.Random(seed)  # noqa: S311
    told = b"".join(os.read(reading, 8) for _ in range(chance.randint(0, MOST_COMMITS)))
    time.sleep(chance.uniform(0, ONE_COMMIT_S))
    os.kill(child, signal.SIGKILL)
    while more := os.read(reading, 1 << 16):
        told += more
    os.close(reading)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the writer ended by itself: {status}"
    return int.from_bytes(told[-8:], "big") if told else None


def check(path, told):
    """Look at everything, then start anew, so that the file stays small."""
    with SyncDatabase(path) as database:
        last = newest(database)
        assert told is None or told <= last <= told + 1, (told, last)
        assert database.execute("PRAGMA integrity_check") == [("ok",)]
        counts = database.execute(
            "SELECT number, count(*) FROM notes WHERE id > 0 GROUP BY number HAVING count(*) != ?",
            (ROWS,),
        )
        assert counts == []
        rows = database.execute("SELECT count(*) FROM notes")[0][0]
        assert rows == 1 + ROWS * last
        changed = database.execute("SELECT count(*) FROM crsql_changes WHERE cid = 'number'")[0][0]
        assert changed == rows
        database.execute("DELETE FROM notes WHERE id > 0")
        database.execute("UPDATE notes SET number = 0 WHERE id = 0")


def main(folder, kills):
    """So many deaths on one file."""
    load_module()
    path = Path(folder, "notes.db")
    with SyncDatabase(path) as database:
        database.execute(
            "CREATE TABLE notes (id INTEGER PRIMARY KEY NOT NULL, number INTEGER, text TEXT)"
        )
        database.execute("SELECT crsql_as_crr('notes')")
        database.execute("INSERT INTO notes (id, number) VALUES (0, 0)")
    logs = told_count = 0
    for seed in range(kills):
        told = kill_one(path, seed)
        told_count += told or 0
        logs += any(path.with_name(f"notes.db{end}").exists() for end in ("-wal", "-journal"))
        check(path, told)
    sys.stdout.write(f"{kills} kills, {told_count} commits told, {logs} logs left\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
