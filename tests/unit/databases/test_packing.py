"""Packed databases."""

import gzip
import os
from pathlib import Path

import pytest

from captionacc.databases.captions import SCHEMA
from captionacc.databases.packing import pack, unpack
from captionacc.databases.schema import new_database
from captionacc.errors import OutputNotWritableError, UnreadableDatabaseError


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """An empty captions database."""
    path = tmp_path / "captions.db"
    with new_database(path, SCHEMA):
        pass
    return path


def test_packing_is_undone_by_unpacking(database: Path, tmp_path: Path) -> None:
    """Every byte survives, and the packed file is ordinary gzip."""
    packed = tmp_path / "captions.db.gz"
    pack(database, packed)
    unpack(packed, tmp_path / "again.db")
    assert (tmp_path / "again.db").read_bytes() == database.read_bytes()
    assert gzip.decompress(packed.read_bytes()) == database.read_bytes()


def test_packing_is_deterministic(database: Path, tmp_path: Path) -> None:
    """The same content packs into the same bytes, whatever its name and time."""
    other = tmp_path / "other.db"
    other.write_bytes(database.read_bytes())
    os.utime(other, (1, 1))
    pack(database, tmp_path / "a.gz")
    pack(other, tmp_path / "b.gz")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


@pytest.mark.parametrize("damage", ["not gzip", "cut", "flipped", "missing"])
def test_damage_is_found(database: Path, tmp_path: Path, damage: str) -> None:
    """A damaged packed file is refused, and the older database stays as it was."""
    packed = tmp_path / "captions.db.gz"
    pack(database, packed)
    content = bytearray(packed.read_bytes())
    content[len(content) // 2] ^= 0xFF
    changed = {
        "not gzip": b"plain",
        "cut": packed.read_bytes()[:-20],
        "flipped": bytes(content),
    }.get(damage)
    packed.unlink()
    if changed is not None:
        packed.write_bytes(changed)
    before = database.read_bytes()
    with pytest.raises(UnreadableDatabaseError, match="packed"):
        unpack(packed, database)
    assert database.read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def test_an_open_transaction_is_not_packed(database: Path, tmp_path: Path) -> None:
    """A database with a journal beside it is incomplete, so it is not packed."""
    (tmp_path / "captions.db-journal").write_bytes(b"pages")
    with pytest.raises(UnreadableDatabaseError, match="journal"):
        pack(database, tmp_path / "x.gz")
    with pytest.raises(UnreadableDatabaseError):
        pack(tmp_path / "none.db", tmp_path / "x.gz")


def test_a_missing_folder_is_not_writable(database: Path, tmp_path: Path) -> None:
    """A target that cannot be made is refused with OutputNotWritableError."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputNotWritableError):
        pack(database, tmp_path / "file" / "x.gz")
