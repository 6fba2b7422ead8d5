"""What is particular to the one build of CR-SQLite that this program runs.

It is ``dist/crsqlite-sync.wasm`` of the npm package ``@vlcn.io/wa-sqlite`` 0.22.0: SQLite 3.44 and
CR-SQLite 0.16 without Asyncify. The names of its exports and imports are minified, so they hold
for the file of this digest and no other. ``tools/web.py`` puts it in place.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

WASM_FILE: Final = Path(__file__).with_name("crsqlite-sync.wasm")
WASM_SHA256: Final = "5b9df8d5f9894b5b6a3828791ffc9384d269592035271df7280c1b07227c9af8"

IMPORT_MODULE: Final = "a"
MEMORY_EXPORT: Final = "ua"

LONG_EXPORTS: Final[Mapping[str, str]] = {
    "run_constructors": "va",
    "step": "wa",
    "close_database": "Ga",
    "execute_script": "Sa",
    "prepare": "Ua",
    "open_database": "sb",
    "main": "Eb",
}
"""Functions of :class:`~captionacc.sync.engine.instance.Functions` that may take long or wait."""

SHORT_EXPORTS: Final[Mapping[str, str]] = {
    "malloc": "ub",
    "free": "vb",
    "bind_blob": "za",
    "bind_int64": "Ba",
    "bind_double": "Ca",
    "bind_null": "Da",
    "bind_text": "Fa",
    "column_type": "Ha",
    "column_count": "Ia",
    "column_text": "Ja",
    "column_blob": "Ka",
    "column_bytes": "La",
    "column_double": "Ma",
    "column_int64": "Oa",
    "column_name": "Pa",
    "error_message": "Ra",
    "finalize": "Ta",
    "reset": "bb",
    "is_autocommit": "jb",
    "parameter_count": "mb",
    "limit": "rb",
    "register_vfs": "Cb",
    "high_word": "Hb",
}
"""Those that are over at once."""

FILE_IMPORTS: Final[Mapping[str, str]] = {
    "S": "open",
    "aa": "close",
    "R": "read",
    "Q": "write",
    "O": "truncate",
    "$": "sync",
    "Z": "size",
    "Y": "lock",
    "X": "unlock",
    "W": "check_reserved_lock",
    "V": "control",
    "U": "sector_size",
    "T": "device_characteristics",
    "ca": "delete",
    "ba": "access",
}
"""What SQLite asks of its file system: methods of :class:`~captionacc.sync.engine.files.Files`."""

RUNTIME_IMPORTS: Final[Mapping[str, str]] = {
    "a": "assertion_failed",
    "e": "wall_clock_ms",
    "d": "steady_clock_ms",
    "t": "copy_memory",
    "o": "grow_memory",
    "z": "open_device",
    "y": "read_device",
    "f": "close_device",
    "b": "control_device",
    "B": "environment",
    "C": "environment_sizes",
}
"""What the C library asks: methods of :class:`~captionacc.sync.engine.runtime.Runtime`."""
