"""A database as SQLite has it: statements, values and transactions, in an instance of its own.

A connection keeps its file to itself (``locking_mode=EXCLUSIVE``) and writes ahead into a log
(``journal_mode=WAL``): a commit costs one fsync. The log needs no shared memory that way, which the
build does not have. A closed file has no log and can be read by every SQLite.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from captionacc.sync.engine import codes
from captionacc.sync.engine.failures import SqliteError, TrapError
from captionacc.sync.engine.instance import Instance
from captionacc.sync.engine.values import Values

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from captionacc.sync.values import Value

    Row = tuple[Value, ...]

_STATEMENTS: Final = 64
_LONGEST_VALUE_BYTES: Final = 16 << 20
_SETTINGS: Final = (
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-1024",
)


@dataclass(frozen=True, slots=True)
class _Statement:
    handle: int
    column_count: int
    parameter_count: int


class Connection:
    """An open database; one thread at a time.

    Raises:
        OSError: the file cannot be read or written.
        SqliteError: it is locked, damaged or no database.
        TrapError: the instance ended; every method may raise it, and only ``abandon`` is left then.
    """

    def __init__(self, path: Path) -> None:
        _recover(path)
        self._instance = Instance()
        self._functions = self._instance.functions
        self._memory = self._instance.memory
        self._values = Values(self._functions, self._memory)
        self._statements: OrderedDict[str, _Statement] = OrderedDict()
        self._out = self._functions.malloc(8)
        self._database = 0
        try:
            self._open(path)
        except BaseException:
            self.abandon()
            raise

    @property
    def sync_count(self) -> int:
        """How often a file was brought to the disk."""
        return self._instance.files.sync_count

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction was begun and not ended."""
        return not self._functions.is_autocommit(self._database)

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """All rows of one statement.

        Raises:
            SqliteError: the statement is wrong or refused.
        """
        statement = self._prepared(sql)
        if len(parameters) != statement.parameter_count:
            raise SqliteError(
                codes.ERROR, f"{statement.parameter_count} values are missing or too many: {sql}"
            )
        try:
            self._check(self._values.bind(statement.handle, parameters))
            return self._rows(statement)
        except SqliteError:
            self._functions.reset(statement.handle)
            raise

    def script(self, sql: str) -> None:
        """Run statements without looking at their results.

        Raises:
            SqliteError: one of them is wrong or refused.
        """
        with self._text(sql) as address:
            self._check(self._functions.execute_script(self._database, address, 0, 0, 0))

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Everything in the block or nothing of it, on the disk when the block has ended."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except TrapError:
            raise
        except BaseException:
            # SQLite itself rolls back when the disk is full.
            if self._database and self.is_in_transaction:
                self.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Bring the log into the file, remove it and let go of the file."""
        try:
            self.execute("PRAGMA journal_mode=DELETE")
            self.execute("SELECT crsql_finalize()")
            for statement in self._statements.values():
                self._functions.finalize(statement.handle)
            self._check(self._functions.close_database(self._database))
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of the file as if the process had died; what was committed is kept."""
        self._database = 0
        self._instance.close()
        del self._functions, self._memory, self._values  # they point into what is gone

    def _open(self, path: Path) -> None:
        flags = codes.OPEN_READWRITE | codes.OPEN_CREATE
        with self._text(str(path.absolute())) as address:
            code = self._functions.open_database(address, self._out, flags, 0)
        self._database = self._memory.read_int(self._out)
        # It says ERROR whatever CR-SQLite met; what is wrong with a file itself is known by now.
        self._check(codes.CANTOPEN if code == codes.ERROR else code)
        self._functions.limit(self._database, codes.LIMIT_LENGTH, _LONGEST_VALUE_BYTES)
        for setting in _SETTINGS:
            self.execute(setting)

    def _rows(self, statement: _Statement) -> list[Row]:
        handle, count = statement.handle, statement.column_count
        step, read = self._functions.step, self._values.read
        rows: list[Row] = []
        while (code := step(handle)) == codes.ROW:
            rows.append(read(handle, count))
        if code != codes.DONE:
            self._check(code)
        self._check(self._functions.reset(handle))
        return rows

    def _prepared(self, sql: str) -> _Statement:
        statement = self._statements.get(sql)
        if statement is None:
            statement = self._statements[sql] = self._prepare(sql)
            if len(self._statements) > _STATEMENTS:
                _, oldest = self._statements.popitem(last=False)
                self._functions.finalize(oldest.handle)
        else:
            self._statements.move_to_end(sql)
        return statement

    def _prepare(self, sql: str) -> _Statement:
        with self._text(sql) as address:
            end = self._out + 4
            self._check(self._functions.prepare(self._database, address, -1, self._out, end))
            rest = self._memory.read_text(self._memory.read_int(end))
        handle = self._memory.read_int(self._out)
        if not handle or rest.strip("; \t\r\n"):
            self._functions.finalize(handle)
            raise SqliteError(codes.ERROR, f"not exactly one statement: {sql}")
        return _Statement(
            handle, self._functions.column_count(handle), self._functions.parameter_count(handle)
        )

    def _check(self, code: int) -> None:
        """Raise what SQLite refused, and what interrupted it."""
        failure = self._instance.take_failure()
        if failure is not None and not isinstance(failure, OSError):
            raise failure
        if code != codes.OK:
            message = self._memory.read_text(self._functions.error_message(self._database))
            raise SqliteError(code, message) from failure

    @contextmanager
    def _text(self, text: str) -> Generator[int]:
        """The address of ``text`` in the instance's memory, for the block."""
        encoded = text.encode() + b"\0"
        address = self._functions.malloc(len(encoded))
        if not address:
            raise SqliteError(codes.NOMEM, "the instance has no memory left")
        self._memory.write(address, encoded)
        try:
            yield address
        finally:
            with suppress(TrapError):
                self._functions.free(address)


def _recover(path: Path) -> None:
    """Bring a log that a killed process left into the file, and see whether it is sound and free.

    The build reads a file before it can be told not to share its memory: it fails if there is a
    log, and does not say why if there is anything else. Python's own SQLite does, and needs to know
    nothing of CR-SQLite to recover a log.
    """
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA schema_version").fetchall()
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.Error as error:
        raise SqliteError(getattr(error, "sqlite_errorcode", codes.ERROR), str(error)) from error
