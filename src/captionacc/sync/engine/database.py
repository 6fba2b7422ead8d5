"""A database that shares its changes: SQLite with CR-SQLite's tables, safe against traps."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

from captionacc.errors import InternalError
from captionacc.storage.durable import fsync_folder
from captionacc.sync.changes import Change, Page
from captionacc.sync.engine.connection import Connection
from captionacc.sync.engine.failures import TrapError, engine_failures

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from captionacc.sync.engine.connection import Row
    from captionacc.sync.values import Value

_PAGE_CHANGES: Final = 1000
_SELECT: Final = (
    'SELECT "table", pk, cid, val, col_version, db_version, site_id, cl, seq FROM crsql_changes'
)
_SINCE: Final = f"{_SELECT} WHERE db_version > ? AND site_id IS NOT ? ORDER BY db_version, seq"
_OF_VERSION: Final = f"{_SELECT} WHERE db_version = ? AND site_id IS NOT ? ORDER BY seq"
_APPLY: Final = (
    'INSERT INTO crsql_changes ("table", pk, cid, val, col_version, db_version, site_id, cl, seq)'
    " VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)"
)
_CLOCK: Final = "__crsql_clock"
_CLOCKS: Final = f"SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%{_CLOCK}'"  # noqa: S608
_VERSIONS_AT: Final = 18
_NO_LOG: Final = b"\x01\x01"
_CUT_SHORT: Final = "the transaction ended with its instance"


class SyncDatabase:
    """An open database file that nobody else has open; one thread at a time.

    If the engine traps, the instance is dropped, what was not committed is lost with it, and the
    next call finds the file open again. All methods raise what
    :func:`~captionacc.sync.engine.failures.engine_failures` tells, and SqliteError for a statement
    that is wrong or refused.

    Attributes:
        path: The file; it is made if it is missing.
        site_id: What CR-SQLite calls this database, 16 bytes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: Connection | None = None
        self._is_in_block = False
        self._is_closed = False
        ((site_id,),) = self.execute("SELECT crsql_site_id()")
        assert isinstance(site_id, bytes)  # noqa: S101  # so CR-SQLite says
        self.site_id = site_id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def db_version(self) -> int:
        """The last transaction that changed shared tables.

        CR-SQLite's own ``crsql_db_version()`` also counts transactions that changed nothing, and
        then gives their numbers away again: who remembers such a number misses a change.
        """
        newest = " UNION ALL ".join(
            f'SELECT max(db_version) FROM "{table}{_CLOCK}"'  # noqa: S608  # CR-SQLite's own
            for table in sorted(self.shared_tables)
        )
        if not newest:
            return 0
        return max(
            (value for (value,) in self.execute(newest) if isinstance(value, int)), default=0
        )

    @property
    def shared_tables(self) -> frozenset[str]:
        """The tables that were given to CR-SQLite."""
        rows = self.execute(_CLOCKS)
        return frozenset(str(name).removesuffix(_CLOCK) for (name,) in rows)

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """All rows of one statement; committed on return unless a transaction is open."""
        with self._sound() as connection:
            return connection.execute(sql, parameters)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Everything in the block or nothing of it; on the disk when the block has ended.

        A block in a block is part of the outer one.
        """
        if self._is_in_block:
            yield
            return
        with self._sound() as connection, connection.transaction():
            self._is_in_block = True
            try:
                yield
            finally:
                self._is_in_block = False
            if self._connection is None:  # somebody has looked away from a trap
                raise TrapError(_CUT_SHORT)

    def changes_since(
        self, db_version: int, *, exclude: bytes | None = None, limit: int = _PAGE_CHANGES
    ) -> Page:
        """Changes of the transactions after ``db_version``, but for those made at ``exclude``.

        There may be more than ``limit`` changes only if the first transaction has more: a place
        within a transaction cannot be asked for.
        """
        with self._sound():
            rows = self.execute(f"{_SINCE} LIMIT ?", (db_version, exclude, limit + 1))
            changes = tuple(map(_change, rows))
            if len(changes) <= limit:
                return Page(changes, max(db_version, self.db_version), is_last=True)
            cut = changes[-1].db_version
            whole = tuple(change for change in changes if change.db_version < cut)
            if not whole:
                whole = tuple(map(_change, self.execute(_OF_VERSION, (cut, exclude))))
            reached = whole[-1].db_version
            return Page(whole, reached, is_last=reached >= self.db_version)

    def apply(self, changes: Iterable[Change]) -> int:
        """Merge changes of another database in one transaction; twice is the same as once.

        What is not in order makes the engine trap; see :mod:`captionacc.sync.permissions`.

        Returns:
            ``db_version`` afterwards.
        """
        with self.transaction():
            for change in changes:
                table, pk, cid, val, col_version, _, site_id, cl, seq = change
                self.execute(_APPLY, (table, pk, cid, val, col_version, site_id, cl, seq))
        return self.db_version

    def copy_to(self, target: Path) -> None:
        """Write what is committed into the new file ``target``, which any SQLite can read."""
        with self._sound() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copyfile(self.path, target)
            with target.open("r+b") as copy:
                copy.seek(_VERSIONS_AT)
                copy.write(_NO_LOG)

    def close(self) -> None:
        """Leave a file that any SQLite can read; a second time does nothing."""
        if self._is_closed:
            return
        with self._sound() as connection:
            self._is_closed, self._connection = True, None
            connection.close()
            fsync_folder(self.path.parent)

    def abandon(self) -> None:
        """Let go of the file as if the process had died."""
        self._is_closed = True
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abandon()

    @contextmanager
    def _sound(self) -> Generator[Connection]:
        with engine_failures(self.path):
            connection = self._connection
            if connection is None:
                if self._is_closed:
                    raise InternalError(f"{self.path} is closed.")
                if self._is_in_block:
                    raise TrapError(_CUT_SHORT)
                connection = self._connection = Connection(self.path)
            try:
                yield connection
            except TrapError:
                if self._connection is connection:
                    self._connection = None
                    connection.abandon()
                raise


def _change(row: Row) -> Change:
    return Change(*row)  # type: ignore[arg-type]  # the columns of crsql_changes
