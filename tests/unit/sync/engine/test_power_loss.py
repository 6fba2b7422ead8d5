"""The power fails: only what was brought to the disk is there, and of the rest any part."""

import random
from collections import defaultdict
from pathlib import Path

import pytest

from captionacc.sync.engine import instance
from captionacc.sync.engine.database import SyncDatabase
from captionacc.sync.engine.files import Files

CUTS = 60
SECTOR_BYTES = 512


class RecordedFiles(Files):
    """Remembers in which order what happens to which file."""

    log = None

    def open(self, vfs, name, address, flags, out_flags):
        """A new name."""
        path = Path(self._memory.read_text(name))
        if not path.exists():
            self.log.append(("made", path.name))
        return super().open(vfs, name, address, flags, out_flags)

    def write(self, address, source, size_bytes, offset):
        """Bytes that may wait."""
        content, place = self._memory.read(source, size_bytes), self._memory.read_int(offset, 8)
        self.log.append(("written", self._name(address), place, content))
        return super().write(address, source, size_bytes, offset)

    def truncate(self, address, size):
        """So may a cut."""
        self.log.append(("cut", self._name(address), self._memory.read_int(size, 8)))
        return super().truncate(address, size)

    def sync(self, address, flags):
        """What waited is there for good."""
        entered = self._files[address].is_entered
        code = super().sync(address, flags)
        self.log.append(("synced", self._name(address)))
        if not entered:
            self.log.append(("folder synced", None))
        return code

    def delete(self, vfs, name, sync_folder):
        """A name less."""
        code = super().delete(vfs, name, sync_folder)
        self.log.append(("deleted", Path(self._memory.read_text(name)).name))
        if sync_folder:
            self.log.append(("folder synced", None))
        return code

    def _name(self, address):
        return self._files[address].path.name


class Disk:
    """What a disk may hold after some events of a log, and then no power."""

    def __init__(self, files, chance):
        self.files = {name: bytearray(content) for name, content in files.items()}
        self.pending = defaultdict(list)
        self.names = []
        self.chance = chance

    def do(self, event):
        """One event; what is not synced waits for its chance."""
        kind, name, *rest = event
        match kind:
            case "written" | "cut":
                self.pending[name].append((kind, *rest))
            case "made" | "deleted":
                self.names.append((kind, name))
            case "synced":
                for one in self.pending.pop(name, ()):
                    self._apply(name, *one)
            case "folder synced":
                self._enter(self.names)
                self.names = []

    def lose_power(self):
        """Of what waited, any part is done."""
        for name, events in self.pending.items():
            for kind, *rest in events:
                if self.chance.random() < 0.5:
                    self._apply(name, kind, *self._torn(kind, rest))
        self._enter(one for one in self.names if self.chance.random() < 0.5)
        missing = {name for kind, name in self.names if kind == "made"} - set(self._entered)
        return {name: content for name, content in self.files.items() if name not in missing}

    _entered = ()

    def _enter(self, names):
        for kind, name in names:
            if kind == "deleted":
                self.files.pop(name, None)
                self.pending.pop(name, None)
            else:
                self.files.setdefault(name, bytearray())
                self._entered = (*self._entered, name)

    def _torn(self, kind, rest):
        if kind == "cut" or self.chance.random() < 0.5:
            return rest
        place, content = rest
        return place, content[: self.chance.randrange(0, len(content) + 1, SECTOR_BYTES)]

    def _apply(self, name, kind, place, content=b""):
        file = self.files.setdefault(name, bytearray())
        if kind == "cut":
            del file[place:]
            return
        file.extend(bytes(max(place - len(file), 0)))
        file[place : place + len(content)] = content


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """The files at first, and the log of a life with commits, checkpoints and closings."""
    path = tmp_path / "first" / "notes.db"
    path.parent.mkdir()
    with SyncDatabase(path) as database:
        database.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY NOT NULL, text TEXT)")
        database.execute("SELECT crsql_as_crr('notes')")
    files = {path.name: path.read_bytes()}
    log = []
    monkeypatch.setattr(RecordedFiles, "log", log)
    with monkeypatch.context() as recording:
        recording.setattr(instance, "Files", RecordedFiles)
        for life in range(3):
            with SyncDatabase(path) as database:
                database.execute("PRAGMA wal_autocheckpoint = 12")
                for number in range(life * 15, life * 15 + 15):
                    database.execute("INSERT INTO notes VALUES (?, ?)", (number, "x" * 3000))
                    log.append(("told", number))
    return files, log


@pytest.mark.parametrize("seed", range(3))
def test_told_commits_outlive_the_power(recorded, tmp_path, seed):
    """Wherever the power fails, every commit that was told is there, and the file is sound."""
    files, log = recorded
    chance = random.Random(seed)  # noqa: S311  # no secret
    for cut in sorted(chance.sample(range(len(log)), CUTS)):
        disk, told = Disk(files, chance), -1
        for event in log[:cut]:
            if event[0] == "told":
                told = event[1]
            else:
                disk.do(event)
        folder = tmp_path / str(cut)
        folder.mkdir()
        for name, content in disk.lose_power().items():
            (folder / name).write_bytes(content)
        with SyncDatabase(folder / "notes.db") as database:
            found = [row_id for (row_id,) in database.execute("SELECT id FROM notes ORDER BY id")]
            assert database.execute("PRAGMA integrity_check") == [("ok",)]
        assert found in (list(range(told + 1)), list(range(told + 2))), (cut, log[cut - 1][:2])
