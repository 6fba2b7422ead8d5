"""The named statements and the code that names them fit together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import captionacc.catalog
from captionacc.catalog.queries import load
from captionacc.catalog.run_queue import _retry_key

_FOLDER = Path(captionacc.catalog.__file__).parent
_TOPICS = sorted(path.stem for path in (_FOLDER / "sql").glob("*.sql"))
_CODE = "\n".join(path.read_text(encoding="utf-8") for path in _FOLDER.glob("*.py"))


@pytest.mark.parametrize("topic", _TOPICS)
def test_every_statement_is_used(topic):
    """A statement that nothing names any more is gone."""
    assert f'load("{topic}")' in _CODE
    unused = [name for name in load(topic) if not _is_named(name)]
    assert unused == []


def _is_named(statement):
    """As a whole, or by its first word where the second is what is asked for."""
    return f'"{statement}"' in _CODE or f'f"{statement.partition("_")[0]}_{{' in _CODE


def test_statements_are_nowhere_else():
    """Whoever looks for the catalog's SQL finds it in ``sql/``, or as a migration."""
    statement = re.compile(r'"\s*(select|insert into|update|delete from)\s', re.IGNORECASE)
    source = _FOLDER.parent
    found = [
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if not {"databases", "sync"} & set(path.parts)
        and statement.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_a_retry_of_a_retry_counts_on():
    """Keys do not grow with each retry."""
    assert _retry_key("crop:v:v1") == "crop:v:v1:retry1"
    assert _retry_key("crop:v:v1:retry1") == "crop:v:v1:retry2"
    assert _retry_key("crop:v:v1:retry9") == "crop:v:v1:retry10"
