"""Databases of the real engine."""

from types import SimpleNamespace

import pytest

from captionacc.sync.engine.database import SyncDatabase

TABLE = """
CREATE TABLE notes (
    id INTEGER PRIMARY KEY NOT NULL, number INTEGER, share REAL, text TEXT, content BLOB
)
"""


@pytest.fixture
def databases(tmp_path):
    """Opens databases with a shared table; those that are open at the end are let go of."""
    opened = []

    def open_one(name="notes.db"):
        database = SyncDatabase(tmp_path / name)
        opened.append(database)
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'notes'"):
            database.execute(TABLE)
            database.execute("SELECT crsql_as_crr('notes')")
        return database

    yield SimpleNamespace(open=open_one, folder=tmp_path)
    for database in opened:
        database.abandon()
