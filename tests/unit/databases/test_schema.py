"""Making, opening and migrating database files."""

# ruff: noqa: S608 -- the child runs nothing but the script below, which holds the SQL

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from captionacc.databases import captions, inference_results, layout, ocr_server
from captionacc.databases.schema import Schema, new_database, open_database
from captionacc.errors import (
    InternalError,
    OutputNotWritableError,
    StoreError,
    UnreadableDatabaseError,
)

OLD = Schema("notes", 1, ("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)",), ("notes",))
CURRENT = Schema(
    "notes",
    3,
    ("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, length INTEGER NOT NULL DEFAULT 0)",),
    ("notes",),
    {
        1: ("ALTER TABLE notes RENAME COLUMN body TO text",),
        2: (
            "ALTER TABLE notes ADD COLUMN length INTEGER NOT NULL DEFAULT 0",
            "UPDATE notes SET length = length(text)",
        ),
    },
)
KINDS = [ocr_server.SCHEMA, layout.SCHEMA, inference_results.SCHEMA, captions.SCHEMA]


def columns(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    """Name, type, NOT NULL, default and primary key of each column."""
    return [tuple(row)[1:] for row in connection.execute(f"PRAGMA table_info({table})")]


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    """A file of the first version with two rows."""
    path = tmp_path / "notes.db"
    with new_database(path, OLD) as connection:
        connection.execute("INSERT INTO notes VALUES (1, 'one'), (2, 'three')")
    return path


def test_an_older_file_is_brought_forward(old_file: Path, tmp_path: Path) -> None:
    """All steps run in order, the rows survive, and the result is shaped like a new file."""
    with open_database(old_file, CURRENT) as connection:
        rows = connection.execute("SELECT text, length FROM notes ORDER BY id").fetchall()
        assert [tuple(row) for row in rows] == [("one", 3), ("three", 5)]
        (version,) = connection.execute("SELECT schema_version FROM database_metadata").fetchone()
        assert version == 3
        migrated = columns(connection, "notes")
    with new_database(tmp_path / "new.db", CURRENT) as connection:
        assert columns(connection, "notes") == migrated


def test_a_failing_step_changes_nothing(old_file: Path) -> None:
    """A step that fails half-way leaves the file at the version before it."""
    broken = Schema(
        "notes", 2, CURRENT.tables, ("notes",), {1: ("DELETE FROM notes", "SELECT * FROM nothing")}
    )
    with pytest.raises(sqlite3.OperationalError), open_database(old_file, broken):
        pass
    with open_database(old_file, OLD) as connection:
        assert connection.execute("SELECT count(*) FROM notes").fetchone()[0] == 2


def test_a_gap_in_the_steps_is_a_bug(old_file: Path) -> None:
    """A version without a way forward is reported as our own fault."""
    schema = Schema("notes", 2, CURRENT.tables, ("notes",))
    with pytest.raises(InternalError, match="migration"), open_database(old_file, schema):
        pass


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    """A file from a newer program is left alone, and the message says what to do."""
    path = tmp_path / "notes.db"
    with new_database(path, CURRENT):
        pass
    before = path.read_bytes()
    with pytest.raises(UnreadableDatabaseError, match="newer"), open_database(path, OLD):
        pass
    assert path.read_bytes() == before


def test_shared_files_are_migrated_by_their_server_only(old_file: Path) -> None:
    """A file that CR-SQLite has taken over is not changed behind its back."""
    with closing(sqlite3.connect(old_file)) as connection:
        connection.execute("CREATE TABLE crsql_master (key TEXT)")
    with (
        pytest.raises(UnreadableDatabaseError, match="sync server"),
        open_database(old_file, CURRENT),
    ):
        pass


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    """Empty files and other bytes raise UnreadableDatabaseError."""
    path = tmp_path / "x.db"
    path.write_bytes(content)
    with pytest.raises(UnreadableDatabaseError), open_database(path, layout.SCHEMA):
        pass


def test_a_damaged_file_is_refused(old_file: Path) -> None:
    """A file with overwritten pages is reported as damaged, not read as if it were whole."""
    size = old_file.stat().st_size
    with old_file.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with (
        pytest.raises(UnreadableDatabaseError),
        open_database(old_file, OLD) as connection,
    ):
        connection.execute("SELECT * FROM notes").fetchall()


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """Opening never makes a file."""
    with pytest.raises(UnreadableDatabaseError), open_database(tmp_path / "no.db", OLD):
        pass
    assert list(tmp_path.iterdir()) == []


def test_one_kind_is_not_taken_for_another(tmp_path: Path) -> None:
    """A captions database does not open as a layout database."""
    path = tmp_path / "captions.db"
    with new_database(path, captions.SCHEMA):
        pass
    with pytest.raises(UnreadableDatabaseError, match="layout"), open_database(path, layout.SCHEMA):
        pass


def test_a_failed_making_keeps_the_old_file(old_file: Path) -> None:
    """A new database takes its place only when it is complete, and leaves no draft."""
    before = old_file.read_bytes()
    with pytest.raises(ZeroDivisionError), new_database(old_file, OLD) as connection:
        connection.execute("INSERT INTO notes VALUES (9, ?)", (str(1 // 0),))
    assert old_file.read_bytes() == before
    assert list(old_file.parent.iterdir()) == [old_file]


def test_a_failed_change_is_rolled_back(old_file: Path) -> None:
    """What a block changed before it failed is undone."""
    with pytest.raises(ZeroDivisionError), open_database(old_file, OLD) as connection:
        _ = connection.execute("DELETE FROM notes").rowcount // 0
    with open_database(old_file, OLD) as connection:
        assert connection.execute("SELECT count(*) FROM notes").fetchone()[0] == 2


def test_a_folder_in_the_way_is_not_writable(tmp_path: Path) -> None:
    """A place that refuses the file raises OutputNotWritableError."""
    with pytest.raises(OutputNotWritableError), new_database(tmp_path / "no" / "x.db", OLD):
        pass
    (tmp_path / "x.db").mkdir()
    with pytest.raises(OutputNotWritableError), new_database(tmp_path / "x.db", OLD):
        pass


def test_a_locked_file_is_a_passing_failure(
    old_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that another program holds is worth a retry."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **more: connect(*args, timeout=0, **more))
    with closing(connect(old_file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="locked"), open_database(old_file, OLD) as connection:
            connection.execute("DELETE FROM notes")


def test_no_space_is_reported(tmp_path: Path) -> None:
    """A database that the system cuts off raises DiskFullError and leaves nothing behind."""
    script = f"""
import resource
from pathlib import Path
from captionacc.databases.captions import SCHEMA
from captionacc.databases.schema import new_database
from captionacc.errors import DiskFullError
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    with new_database(Path({str(tmp_path)!r}) / "x.db", SCHEMA) as connection:
        connection.execute("INSERT INTO captions (text) VALUES (?)", ("x" * 100_000,))
except DiskFullError as error:
    assert "space" in str(error)
else:
    raise SystemExit("no DiskFullError")
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("schema", KINDS, ids=lambda schema: schema.kind)
def test_every_kind_carries_version_and_time(tmp_path: Path, schema: Schema) -> None:
    """Each file says which schema version it has and when it was made."""
    path = tmp_path / "x.db"
    with new_database(path, schema):
        pass
    with open_database(path, schema) as connection:
        version, created_at = connection.execute(
            "SELECT schema_version, created_at FROM database_metadata"
        ).fetchone()
    assert version == schema.version
    assert created_at.endswith("+00:00")


@pytest.mark.parametrize("schema", [layout.SCHEMA, captions.SCHEMA], ids=lambda s: s.kind)
def test_shared_tables_keep_the_rules_of_cr_sqlite(tmp_path: Path, schema: Schema) -> None:
    """Primary keys are NOT NULL, other NOT NULL columns have defaults, nothing else is unique."""
    with new_database(tmp_path / "x.db", schema) as connection:
        for table in schema.table_names:
            for name, _, not_null, default, key in columns(connection, table):
                assert not_null or not key, name
                assert key or not not_null or default is not None, name
            assert connection.execute(f"PRAGMA index_list({table})").fetchall() == []
            assert connection.execute(f"PRAGMA foreign_key_list({table})").fetchall() == []
        text = " ".join(schema.tables).upper()
        assert "AUTOINCREMENT" not in text
        assert "CHECK" not in text
