"""Whom Postgres runs as, which refuses to be root, and how that account gets at its files."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final

from captionacc.errors import MissingDependencyError, UsageError
from captionacc.stack.child import Account

_ACCOUNT_NAME: Final = "nobody"
_OWN_FOLDER: Final = Path("/proc/self/cwd")
_SHARED: Final = Path("/var/cache/captionacc")


def unprivileged_account() -> Account | None:
    """An account without rights if we are root; else none, for we are one.

    Raises:
        MissingDependencyError: root has no account to use.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(_ACCOUNT_NAME)
    except KeyError:
        raise MissingDependencyError(
            f"Postgres refuses to run as root, and there is no account {_ACCOUNT_NAME!r}.",
            "Run this as an ordinary user.",
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def working_folder(folder: Path, account: Account | None) -> Path:
    """A name of its working folder that a process can use under ``account``.

    The path may lead through folders that are closed to it, such as root's home; the process is
    put inside by us, and calls the place where it is by this name.
    """
    return _OWN_FOLDER if account and _OWN_FOLDER.exists() else folder


def reachable_installation(root: Path, parts: tuple[str, ...], version: str) -> Path:
    """``root``, or a copy of its ``parts`` if root is closed to other accounts.

    Raises:
        UsageError: there is no place for the copy.
    """
    if all(path.stat().st_mode & stat.S_IXOTH for path in (root, *root.parents)):
        return root
    copy = _SHARED / version
    if not copy.exists():
        try:
            _copy(root, parts, copy)
        except OSError as error:
            raise UsageError(
                f"Postgres does not run as root, and other accounts cannot read {root}: {error}.",
                "Run this as an ordinary user, or install it where all can read it.",
            ) from error
    return copy


def _copy(root: Path, parts: tuple[str, ...], target: Path) -> None:
    """Copy, to appear whole or not at all; of two at once either is right."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        fresh = Path(name, "copy")
        for part in parts:
            shutil.copytree(root / part, fresh / part, symlinks=True)
        fresh.chmod(0o755)
        if not target.exists():
            fresh.rename(target)
