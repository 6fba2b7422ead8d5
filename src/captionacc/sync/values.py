"""What a column of SQLite can hold."""

from __future__ import annotations

Value = int | float | str | bytes | None
"""INTEGER, REAL, TEXT, BLOB or NULL; a ``bool`` is no value, though Python takes it for an int."""
