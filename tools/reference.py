"""Writes what follows from the code: ``docs/reference/``, and the API's types for the web page.

``--check`` writes nothing and fails if a page is out of date.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from captionacc.api.app import create_app
from captionacc.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
WEB_TOOL = ROOT / "tools" / "web.py"
MIGRATIONS = ROOT / "supabase" / "migrations"

_NOTE = "<!-- Written by `make reference`; edit the code instead. -->\n"
_TABLE = re.compile(r"^create table captionacc\.(\w+) \(\n(.*?)^\);", re.MULTILINE | re.DOTALL)
_ADDED = r"^alter table captionacc\.{table} add column (\w+ .*?);(.*)$"
_COLUMN = re.compile(r"^    (?!primary key|check|constraint|unique)(\w+) (.*?),?(?: -- (.*))?$")


def main() -> int:
    """Write the pages, or check them; returns the exit code."""
    schema = _description()
    pages = {
        FOLDER / "api.md": _api(schema),
        FOLDER / "catalog.md": _catalog(),
        ROOT / "web" / "src" / "api" / "schema.d.ts": _types(schema),
    }
    stale = [path for path, text in pages.items() if not _is_current(path, text)]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is out of date: run `make reference`.")
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(pages[path], encoding="utf-8")
    return 0


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def _description() -> dict[str, Any]:
    """The API's own."""
    return create_app(
        Settings.model_validate(
            {
                "database_url": "postgresql://unused",
                "webhook_secret": "unused",
                "service_token": "unused",
                "jwt_secret": "unused" * 8,
                "s3_access_key_id": "unused",
                "s3_secret_access_key": "unused",
            }
        )
    ).openapi()


def _api(schema: dict[str, Any]) -> str:
    """Each call with its summary and the statuses that it can answer."""
    rows = "\n".join(_calls(schema))
    return (
        f"{_NOTE}# API reference\n\n"
        "The running API serves its OpenAPI description at `/openapi.json`.\n\n"
        f"| call | does | answers |\n|---|---|---|\n{rows}\n"
    )


def _types(schema: dict[str, Any]) -> str:
    """What the web page's compiler knows of the API."""
    made = subprocess.run(
        [sys.executable, WEB_TOOL, "npm", "run", "--silent", "schema"],
        input=json.dumps(schema),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return made.stdout


def _calls(schema: dict[str, Any]) -> Iterator[str]:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            answers = ", ".join(sorted(operation["responses"]))
            yield f"| `{method.upper()} {path}` | {operation['summary']} | {answers} |"


def _catalog() -> str:
    """Each table of the migrations with its columns."""
    sql = "\n".join(path.read_text(encoding="utf-8") for path in sorted(MIGRATIONS.glob("*.sql")))
    tables = "\n".join(
        f"\n## {name}\n\n| column | type and rules | |\n|---|---|---|\n"
        + "\n".join(_columns(body + _added(name, sql)))
        for name, body in _TABLE.findall(sql)
    )
    made_by = "Schema `captionacc`, made by `supabase/migrations/`."
    return f"{_NOTE}# Catalog reference\n\n{made_by}\n{tables}\n"


def _added(table: str, sql: str) -> str:
    """The columns that later migrations add to the table, as if it had been made with them."""
    added = re.findall(_ADDED.format(table=table), sql, re.MULTILINE)
    return "".join(f"    {column},{comment}\n" for column, comment in added)


def _columns(body: str) -> Iterator[str]:
    for line in body.splitlines():
        found = _COLUMN.match(line)
        if found:
            name, rules, comment = found.groups()
            yield f"| `{name}` | `{rules}` | {comment or ''} |".replace("|  |", "| |")


if __name__ == "__main__":
    sys.exit(main())
