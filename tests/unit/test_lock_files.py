"""The lock files, from which every environment is installed."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("runtime", "modal", "deploy", "gpu", "samples", "dev")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def read_lock(part):
    """The text of one lock file."""
    return (ROOT / "requirements" / f"{part}.txt").read_text(encoding="utf-8")


def pins(part):
    """Version of each package in a lock file."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", read_lock(part), re.MULTILINE))


def asked_for(part):
    """The packages that ``pyproject.toml`` asks for in that part."""
    groups = PROJECT["dependency-groups"]
    extras = PROJECT["project"]["optional-dependencies"]
    direct = {
        "runtime": [*PROJECT["project"]["dependencies"], *groups["build"]],
        "modal": extras["modal"],
        "deploy": [*extras["server"], *extras["modal"]],
        "gpu": extras["gpu"],
        "samples": groups["samples"],
        "dev": groups["dev"],
    }
    names = [re.match(r"[A-Za-z0-9._-]+", requirement).group() for requirement in direct[part]]
    return {re.sub(r"[._-]+", "-", name).lower() for name in names}


@pytest.mark.parametrize("part", PARTS)
def test_everything_asked_for_is_locked(part):
    """A dependency that was added to the project but not locked is noticed."""
    assert asked_for(part) <= set(pins(part))


@pytest.mark.parametrize("part", PARTS)
def test_every_pin_has_hashes(part):
    """Nothing can be installed that was not there when the lock was made."""
    entries = re.split(
        r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", read_lock(part), flags=re.MULTILINE)
    )
    assert len(entries) == len(pins(part))
    assert all("--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize("part", PARTS)
def test_lock_names_no_place(part):
    """Where packages come from is decided by the machine, so no address or path is in a lock."""
    assert not re.search(r"://|^-|index|file:|@", read_lock(part), re.MULTILINE)


def test_parts_agree():
    """A package that two parts need has one version, so that the order of installing is free."""
    versions: dict[str, set[str]] = {}
    for part in PARTS:
        for name, version in pins(part).items():
            versions.setdefault(name, set()).add(version)
    assert not {name for name, found in versions.items() if len(found) > 1}
