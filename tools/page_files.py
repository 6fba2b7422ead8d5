"""Where the web page's sources and its built files are, and whether those are of these sources."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
STATIC = ROOT / "src" / "captionacc" / "api" / "static"
STAMP = STATIC / ".built-from"

_SOURCES = ("index.html", "package-lock.json", "vite.config.ts", "public", "src")


def is_current() -> bool:
    """Whether the built page is of the sources as they are now."""
    return STAMP.exists() and STAMP.read_text() == digest()


def digest() -> str:
    """Changes whenever the page has to be built again."""
    found = hashlib.sha256()
    for path in sorted(_source_files()):
        found.update(f"{path.relative_to(WEB).as_posix()}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _source_files() -> list[Path]:
    roots = [WEB / name for name in _SOURCES]
    inside = (path for root in roots if root.is_dir() for path in root.rglob("*"))
    files = [*(path for path in roots if path.is_file()), *(p for p in inside if p.is_file())]
    return [path for path in files if not path.name.endswith(".test.ts")]
