"""The real engine on files: values, transactions, changes, traps."""

import resource
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from captionacc.errors import (
    ConflictError,
    DiskFullError,
    InternalError,
    OutputNotWritableError,
    StoreError,
    UnreadableDatabaseError,
)
from captionacc.sync.changes import Change
from captionacc.sync.engine import calls, instance
from captionacc.sync.engine.database import SyncDatabase
from captionacc.sync.engine.failures import SqliteError

ROWS = [
    (-(2**63), 2**63 - 1, float("inf"), "", b""),
    (-1, 2**53 + 1, 5e-324, "a\0b\0", b"\0"),
    (0, -(2**63), -1.5, "😀 déjà 你好", bytes(range(256))),
    (1, None, None, None, None),
    (2, 0, float("-inf"), "x" * 100_000, b"y" * 100_000),
]
TRAP = Change("notes", b"", "text", "x", 2, 2, b"\1" * 16, 1, 0)
INSERT = "INSERT INTO notes (id, text) VALUES (?, ?)"


@pytest.fixture(params=["fast", "safe"])
def calling(request, monkeypatch):
    """Both ways to call the engine."""
    if request.param == "safe":
        monkeypatch.setattr(instance, "fast_calls", lambda: None)
    else:
        assert calls.fast_calls() is not None
    return request.param


def insert(database, *rows, then=None):
    """Add rows of id and text in one transaction, and do something else at its end."""
    with database.transaction():
        for row in rows:
            database.execute(INSERT, row)
        if then is not None:
            then()


def texts(database):
    """The texts by id."""
    return dict(database.execute("SELECT id, text FROM notes"))


@pytest.mark.usefixtures("calling")
def test_values_are_kept_exactly(databases):
    """Every value of every type is read as it was written, with its type, by us and by others."""
    database = databases.open()
    with database.transaction():
        for row in ROWS:
            database.execute("INSERT INTO notes VALUES (?, ?, ?, ?, ?)", row)
    found = database.execute("SELECT * FROM notes ORDER BY id")
    assert found == ROWS
    assert [list(map(type, row)) for row in found] == [list(map(type, row)) for row in ROWS]
    database.close()
    with closing(sqlite3.connect(database.path)) as stock:
        assert stock.execute("SELECT * FROM notes ORDER BY id").fetchall() == ROWS


@pytest.mark.usefixtures("calling")
def test_changes_travel_exactly(databases):
    """A database has the rows whose changes it applied; applying them again changes nothing."""
    here, there = databases.open("here.db"), databases.open("there.db")
    with here.transaction():
        for row in ROWS:
            here.execute("INSERT INTO notes VALUES (?, ?, ?, ?, ?)", row)
    page = here.changes_since(0)
    version = there.apply(page.changes)
    assert there.execute("SELECT * FROM notes ORDER BY id") == ROWS
    assert there.apply(page.changes) == version
    assert there.changes_since(0, exclude=here.site_id).changes == ()


def test_every_database_has_its_own_site(databases):
    """Site ids come from real randomness: equal ones would make two databases one author."""
    sites = {databases.open(f"{number}.db").site_id for number in range(5)}
    assert len(sites) == 5
    assert {len(site) for site in sites} == {16}


def test_transaction_is_whole_or_nothing(databases):
    """What a block raises undoes the block."""
    database = databases.open()
    insert(database, (1, "kept"))
    with pytest.raises(ZeroDivisionError):
        insert(database, (2, "undone"), then=lambda: 1 / 0)
    with pytest.raises(SqliteError):
        insert(database, (3, "undone"), (1, "there already"))
    assert texts(database) == {1: "kept"}


def test_pages_end_with_transactions(databases):
    """Whoever reads in pages gets everything once, and no transaction in two pages."""
    database = databases.open()
    for start in range(0, 60, 6):
        with database.transaction():
            for row_id in range(start, start + 6):
                database.execute(INSERT, (row_id, "x"))
    seen, place = [], 0
    while True:
        page = database.changes_since(place, limit=50)
        assert min(change.db_version for change in page.changes) > place
        seen += page.changes
        place = page.db_version
        if page.is_last:
            break
    assert seen == list(database.changes_since(0, limit=10_000).changes)
    assert place == database.db_version


def test_page_holds_a_transaction_larger_than_itself(databases):
    """The limit gives way to a transaction that is larger."""
    database = databases.open()
    with database.transaction():
        for row_id in range(50):
            database.execute(INSERT, (row_id, "x"))
    page = database.changes_since(0, limit=10)
    assert len(page.changes) == 50 * 4
    assert page.is_last


def test_place_to_go_on_from_misses_nothing(databases):
    """A transaction that changed nothing has no number that the next one could get again."""
    database = databases.open()
    insert(database, (1, "x"))
    database.execute("UPDATE notes SET text = 'x' WHERE id = 1")
    place = database.changes_since(0).db_version
    database.execute("UPDATE notes SET text = 'y' WHERE id = 1")
    assert [one.val for one in database.changes_since(place).changes] == ["y"]
    assert database.db_version > place


@pytest.mark.usefixtures("calling")
def test_trap_loses_nothing_committed(databases):
    """After a trap the database works on, with all that was committed and nothing else."""
    database = databases.open()
    site = database.site_id
    database.execute(INSERT, (1, "kept"))
    for attempt in range(3):
        with pytest.raises(InternalError):
            insert(database, (2, "lost"), then=lambda: database.apply([TRAP]))
        assert texts(database) == {1: "kept"}, attempt
    database.execute(INSERT, (3, "after"))
    assert texts(database) == {1: "kept", 3: "after"}
    assert database.execute("SELECT crsql_site_id()") == [(site,)]
    assert database.execute("PRAGMA integrity_check") == [("ok",)]


def test_trap_ends_the_transaction_for_good(databases):
    """Who goes on in a transaction after a trap neither writes half of it nor believes it done."""
    database = databases.open()

    def go_on():
        with pytest.raises(InternalError):
            database.apply([TRAP])
        with pytest.raises(InternalError):
            database.execute(INSERT, (2, "not alone"))

    with pytest.raises(InternalError):
        insert(database, (1, "lost"), then=go_on)
    assert texts(database) == {}


def test_closed_after_a_trap(databases):
    """A trap in the last work before closing leaves no log behind."""
    database = databases.open()
    insert(database, (1, "kept"))
    with pytest.raises(InternalError):
        database.apply([TRAP])
    database.close()
    assert [path.name for path in databases.folder.iterdir()] == ["notes.db"]
    assert texts(databases.open()) == {1: "kept"}


def test_full_disk_is_told_and_survived(databases):
    """A transaction that finds no room is undone, and the next one that fits is done."""
    database = databases.open()
    insert(database, (1, "kept"))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(DiskFullError):
            insert(database, (2, "x" * 1_000_000))
        assert texts(database) == {1: "kept"}
        insert(database, (3, "small"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert texts(database) == {1: "kept", 3: "small"}
    assert database.execute("PRAGMA integrity_check") == [("ok",)]


def test_folder_that_is_missing(tmp_path):
    """A path that leads nowhere is told as such."""
    with pytest.raises(OutputNotWritableError):
        SyncDatabase(tmp_path / "missing" / "notes.db")


def test_killed_log_is_recovered(databases):
    """What a process that died had committed is there for the next one."""
    database = databases.open()
    database.execute(INSERT, (1, "kept"))
    database.abandon()
    assert (databases.folder / "notes.db-wal").stat().st_size > 0
    assert texts(databases.open()) == {1: "kept"}


def test_closed_file_is_a_plain_database(databases):
    """After closing there is one file, which any SQLite reads; its shared tables only we write."""
    database = databases.open()
    database.execute(INSERT, (1, "kept"))
    database.close()
    database.close()
    assert [path.name for path in databases.folder.iterdir()] == ["notes.db"]
    with closing(sqlite3.connect(database.path)) as stock:
        assert stock.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert stock.execute("SELECT text FROM notes").fetchall() == [("kept",)]
        with pytest.raises(sqlite3.OperationalError, match="crsql"):
            stock.execute("UPDATE notes SET text = 'unseen'")


def test_copy_is_what_is_committed(databases):
    """A copy of an open database can be read by any SQLite and opened by us."""
    database = databases.open()
    database.execute(INSERT, (1, "copied"))
    database.copy_to(databases.folder / "copy.db")
    database.execute(INSERT, (2, "later"))
    with closing(sqlite3.connect(databases.folder / "copy.db")) as stock:
        assert stock.execute("SELECT text FROM notes").fetchall() == [("copied",)]
    assert texts(databases.open("copy.db")) == {1: "copied"}
    assert texts(database) == {1: "copied", 2: "later"}


@pytest.mark.parametrize("opener", ["same process", "other process", "stock sqlite"])
def test_open_file_is_nobody_elses(databases, opener):
    """A file has one writer: who comes second is refused at once, whoever it is."""
    database = databases.open()
    database.execute(INSERT, (1, "mine"))
    if opener == "same process":
        with pytest.raises(ConflictError):
            SyncDatabase(database.path)
    elif opener == "stock sqlite":
        with (
            closing(sqlite3.connect(database.path, timeout=0)) as stock,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            stock.execute("SELECT * FROM notes")
    else:
        code = (
            "import sys; from pathlib import Path\n"
            "from captionacc.errors import ConflictError\n"
            "from captionacc.sync.engine.database import SyncDatabase\n"
            "try: SyncDatabase(Path(sys.argv[1]))\n"
            "except ConflictError: sys.exit(42)\n"
        )
        command = [sys.executable, "-c", code, database.path]
        assert subprocess.run(command, check=False, timeout=60).returncode == 42
    database.execute(INSERT, (2, "still mine"))
    assert texts(database) == {1: "mine", 2: "still mine"}


def test_closed_database_is_free(databases):
    """After closing, letting go or dying, the next one gets the file."""
    for end in ("close", "abandon"):
        database = databases.open()
        getattr(database, end)()
        with pytest.raises(InternalError):
            database.execute("SELECT 1")
    databases.open().close()


def test_no_database_is_refused(databases):
    """A file that is no database, or half of one, is told as such."""
    path = databases.folder / "strange.db"
    path.write_bytes(b"not a database at all" * 500)
    with pytest.raises(UnreadableDatabaseError):
        SyncDatabase(path)


def test_file_that_is_being_written_is_refused(databases):
    """Whoever has a transaction open in the file keeps it."""
    database = databases.open()
    database.close()
    with closing(sqlite3.connect(database.path, isolation_level=None)) as stock:
        stock.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ConflictError):
            SyncDatabase(database.path)
        stock.execute("ROLLBACK")
        stock.execute("BEGIN IMMEDIATE")
        with pytest.raises((ConflictError, StoreError)):
            SyncDatabase(database.path)
    databases.open()


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("SELEC 1", ()),
        ("SELECT 1; SELECT 2", ()),
        ("", ()),
        ("SELECT ?", ()),
        ("SELECT ?", (1, 2)),
        ("SELECT nothing", ()),
    ],
)
def test_wrong_statement_is_refused(databases, sql, parameters):
    """A wrong statement is an error and does no harm."""
    database = databases.open()
    with pytest.raises(SqliteError):
        database.execute(sql, parameters)
    assert database.execute("SELECT 1") == [(1,)]


def test_value_beyond_the_engine_is_refused(databases):
    """What SQLite cannot hold is never stored as something else."""
    database = databases.open()
    for value, error in ((2**63, OverflowError), ("\ud800", UnicodeEncodeError)):
        with pytest.raises(error):
            database.execute("INSERT INTO notes (id, text) VALUES (9, ?)", (value,))
    with pytest.raises((SqliteError, MemoryError)):
        database.execute(INSERT, (9, "x" * (17 << 20)))
    assert texts(database) == {}


def test_more_statements_than_are_kept(databases):
    """Statements come and go without being mistaken for each other."""
    database = databases.open()
    for round_ in range(2):
        for number in range(150):
            assert database.execute(f"SELECT {number}, ?", (round_,)) == [(number, round_)]


def test_commit_is_on_the_disk(databases):
    """A transaction of any size costs one fsync, and none is left for later."""
    database = databases.open()
    database.execute(INSERT, (0, "first"))
    connection = database._connection
    for row_id in range(1, 20):
        before = connection.sync_count
        with database.transaction():
            database.execute(INSERT, (row_id, "x" * 5000))
        assert connection.sync_count == before + 1
