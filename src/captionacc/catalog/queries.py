"""The named statements in ``sql/``: each begins with a line ``-- name: WHAT``."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME: Final = re.compile(rb"^-- name: (\w+)\n", re.MULTILINE)


@cache
def load(topic: str) -> Mapping[str, bytes]:
    """The statements of ``sql/<topic>.sql`` by name; bytes, as psycopg takes what is no literal."""
    text = files("captionacc.catalog").joinpath("sql", f"{topic}.sql").read_bytes()
    _, *parts = _NAME.split(text)
    return {name.decode(): body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}
