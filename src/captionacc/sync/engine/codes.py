"""Numbers of SQLite's C interface, with its names (https://www.sqlite.org/rescode.html)."""

from __future__ import annotations

from typing import Final

OK: Final = 0
ERROR: Final = 1
BUSY: Final = 5
NOMEM: Final = 7
IOERR: Final = 10
CORRUPT: Final = 11
NOTFOUND: Final = 12
FULL: Final = 13
CANTOPEN: Final = 14
CONSTRAINT: Final = 19
NOTADB: Final = 26
ROW: Final = 100
DONE: Final = 101
IOERR_SHORT_READ: Final = IOERR | 2 << 8
IOERR_DELETE_NOENT: Final = IOERR | 23 << 8

INTEGER: Final = 1
FLOAT: Final = 2
TEXT: Final = 3
BLOB: Final = 4
NULL: Final = 5

OPEN_READONLY: Final = 0x1
OPEN_READWRITE: Final = 0x2
OPEN_CREATE: Final = 0x4
OPEN_DELETEONCLOSE: Final = 0x8
OPEN_EXCLUSIVE: Final = 0x10
OPEN_MAIN_JOURNAL: Final = 0x800
OPEN_SUPER_JOURNAL: Final = 0x4000
OPEN_WAL: Final = 0x80000

SYNC_DATAONLY: Final = 0x10
ACCESS_EXISTS: Final = 0
ACCESS_READWRITE: Final = 1
IOCAP_POWERSAFE_OVERWRITE: Final = 0x1000
LIMIT_LENGTH: Final = 0

LOCK_NONE: Final = 0
LOCK_SHARED: Final = 1
LOCK_RESERVED: Final = 2
LOCK_PENDING: Final = 3
LOCK_EXCLUSIVE: Final = 4
