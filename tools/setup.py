"""Makes the virtual environment ``.venv``: libraries from the lock files, then the project.

It runs on any Python >= 3.11 with nothing installed. A set-up that was interrupted is repaired by
the next run: a marker is laid before the first change and removed after the last one, and where it
is found the environment is built anew. A lock that dies with its holder keeps two runs apart.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent))  # isolated mode leaves it out
import page_files

if TYPE_CHECKING:
    from collections.abc import Generator

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = VENV / ".lock"
MARKER = VENV / ".unfinished"
LOG = ROOT / ".setup.log"
PACKAGE_LOCK = ROOT / "web" / "package-lock.json"
SYNC_ENGINE = ROOT / "src" / "captionacc" / "sync" / "engine" / "crsqlite-sync.wasm"

# What each kind of environment holds: lock file and what to call it.
PARTS = {
    "demo": (
        ("runtime", "libraries"),
        ("server", "database, object store, API and workflow engine"),
        ("samples", "footage and fonts of the sample clips"),
    ),
    "test": (
        ("runtime", "libraries"),
        ("server", "database, object store, API and workflow engine"),
        ("modal", "client of the GPU cloud"),
        ("samples", "footage and fonts of the sample clips"),
        ("dev", "development tools"),
    ),
}

DISK_FULL = "The disk is full. Free about 1.5 GB and run it again."
FULL_BELOW_BYTES = 8 << 20
KILLED = "The command was killed from outside, perhaps for want of memory. Run it again."

# What pip and npm say, and what a person can do about it; the first match wins.
FAILURES = {
    r"No space left on device|Errno 28": DISK_FULL,
    r"DO NOT MATCH THE HASHES|EINTEGRITY": (
        "A downloaded file differs from the lock file. Run it again; if that does not help, the "
        "package index serves something else than what was tested."
    ),
    (
        r"NewConnectionError|NameResolutionError|name resolution|ConnectTimeout|ReadTimeout"
        r"|ProxyError|SSLError|Connection (refused|reset)|Network is unreachable|Max retries"
    ): (
        "The package index cannot be reached. Check the network, or the proxy or mirror in pip's "
        "settings, and run it again."
    ),
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|SELF_SIGNED_CERT|UNABLE_TO_GET": (
        "The npm registry cannot be reached. Check the network, or the proxy, mirror or "
        "certificates in npm's settings, and run it again."
    ),
    r"No matching distribution|Could not find a version": (
        "The package index has no build of a locked library for this machine and Python. Try "
        "another Python (make PYTHON=python3.12), or check pip's index settings."
    ),
}


class SetupError(Exception):
    """The environment cannot be made; the message says what to do."""


def main(arguments: list[str]) -> int:
    """Run ``setup.py [--check | --same-version] demo|test``; 0 if the environment is ready."""
    kind = arguments[-1]
    if "--check" in arguments:
        return 0 if is_ready(kind) and page_files.is_current() else 1
    try:
        VENV.mkdir(exist_ok=True)
        with only_one_at_a_time() as lock:
            if not is_ready(kind, same_version="--same-version" in arguments):
                build(kind, lock)
            elif not page_files.is_current():
                run_step("web page", web_step(kind), lock)
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {explain_os_error(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. The next run starts the set-up anew.", file=sys.stderr)
        return 130
    return 0


@contextmanager
def only_one_at_a_time() -> Generator[IO[str]]:
    """Hold the lock; pip inherits it, so that it outlives this process if pip does."""
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another make is setting up .venv; waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


def is_ready(kind: str, *, same_version: bool = False) -> bool:
    """Whether ``.venv`` is finished, is of this version if asked, and holds what is locked now."""
    if MARKER.exists() or not stamp_path(kind).exists() or not SYNC_ENGINE.exists():
        return False
    version = venv_version()
    if same_version and version != own_version():
        return False
    return stamp_path(kind).read_text() == stamp(kind, version)


def stamp_path(kind: str) -> Path:
    """The file that says for what the environment was finished."""
    return VENV / f".ready-{kind}"


def stamp(kind: str, version: str) -> str:
    """Changes whenever the environment has to: locks, project metadata, Python, or its place."""
    digest = hashlib.sha256()
    locks = (lock_file(part) for part, _ in PARTS[kind])
    for path in (ROOT / "pyproject.toml", PACKAGE_LOCK, *locks):
        digest.update(path.read_bytes())
    return f"{digest.hexdigest()}\n{environment_key(version)}\n"


def environment_key(version: str) -> str:
    """What no update in place can change: the Python version and the path in every script."""
    return f"Python {version} in {VENV}"


def lock_file(part: str) -> Path:
    """The lock file of one part."""
    return ROOT / "requirements" / f"{part}.txt"


def own_version() -> str:
    """Version of the running Python, such as ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def venv_version() -> str:
    """Version of the environment's Python; empty if it does not run."""
    code = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    try:
        result = subprocess.run(
            [PYTHON, "-I", "-c", code], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""


def build(kind: str, lock: IO[str]) -> None:
    """Bring ``.venv`` to what the lock files say, anew if it cannot be trusted."""
    started = time.monotonic()
    print("Setting up .venv (once; it takes a minute or two) ...", flush=True)
    if not can_be_updated():
        MARKER.touch()
        empty_venv()
        run_step(f"Python {own_version()}", [sys.executable, "-m", "venv", str(VENV)], lock)
    MARKER.touch()
    for part, title in PARTS[kind]:
        run_step(title, install_locked(part), lock)
    run_step("captionacc itself", install_project(), lock)
    run_step("sync engine and web page", web_step(kind), lock)
    for ready in ("demo", kind):
        stamp_path(ready).write_text(stamp(ready, venv_version()))
    MARKER.unlink()
    LOG.unlink(missing_ok=True)
    print(f"Ready in {time.monotonic() - started:.0f} s.", flush=True)


def can_be_updated() -> bool:
    """Whether a finished environment of this place and Python stands in ``.venv``."""
    version = venv_version()
    return (
        not MARKER.exists()
        and version == own_version()
        and any(
            path.read_text().endswith(f"\n{environment_key(version)}\n")
            for path in VENV.glob(".ready-*")
        )
    )


def empty_venv() -> None:
    """Remove all of ``.venv`` but the marker and the lock: an interruption here is seen too."""
    for path in VENV.iterdir():
        if path in (MARKER, LOCK):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def install_locked(part: str) -> list[str]:
    """The command that installs one lock file: each is complete, and wheels only."""
    return pip_install("--only-binary=:all:", "--require-hashes", "-r", str(lock_file(part)))


def install_project() -> list[str]:
    """The command that installs the project itself, with the build tools that are locked."""
    return pip_install("--no-index", "--no-build-isolation", "-e", str(ROOT))


def web_step(kind: str) -> list[str]:
    """The command that puts the sync engine and the web page in place."""
    return [str(PYTHON), str(ROOT / "tools" / "web.py"), kind]


def pip_install(*arguments: str) -> list[str]:
    """A pip command in the environment."""
    options = ("--disable-pip-version-check", "--no-input", "install", "--no-deps")
    return [str(PYTHON), "-I", "-m", "pip", *options, *arguments]


def run_step(title: str, command: list[str], lock: IO[str]) -> None:
    """Run one command quietly, with one line and its time.

    Raises:
        SetupError: the command failed.
    """
    print(f"  {title} ...", end="", flush=True)
    started = time.monotonic()
    result = subprocess.run(
        command,
        env=pip_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=[lock.fileno()],
        check=False,
    )
    if result.returncode != 0:
        print(" failed", flush=True)
        reason = KILLED if result.returncode < 0 else explain(result.stdout)
        raise SetupError(f"{reason}{keep_log(result.stdout)}")
    print(f" {time.monotonic() - started:.0f} s", flush=True)


def pip_environment() -> dict[str, str]:
    """The caller's environment, without what would make pip install into another place."""
    strange = {
        "PYTHONHOME",
        "PYTHONPATH",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_ROOT",
        "PIP_REQUIRE_HASHES",
    }
    kept = {name: value for name, value in os.environ.items() if name not in strange}
    return kept | {"PIP_USER": "0"}


def explain(output: str) -> str:
    """What a person can do about a failed command, from what it printed and the disk."""
    if shutil.disk_usage(ROOT).free < FULL_BELOW_BYTES:  # ensurepip does not say so
        return DISK_FULL
    for pattern, advice in FAILURES.items():
        if re.search(pattern, output):
            return advice
    errors = [line for line in output.splitlines() if "error" in line.lower()]
    return (errors or output.splitlines() or ["The command failed without a word."])[-1].strip()


def explain_os_error(error: OSError) -> str:
    """The same for what this program itself could not do."""
    if error.errno == errno.ENOSPC:
        return DISK_FULL
    return f"{error.strerror}: {error.filename}"


def keep_log(output: str) -> str:
    """Write the whole output beside the environment and name it, if the disk takes it."""
    try:
        LOG.write_text(output)
    except OSError:
        return ""
    return f" (details: {LOG.name})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
