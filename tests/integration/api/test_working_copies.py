"""Working copies over crashes, and between servers."""

import asyncio
import os

import pytest

from captionacc.databases.layout import load_boxes, read_boxes
from captionacc.errors import CaptionAccError, ServiceUnavailableError
from captionacc.sync.changes import Change, pack_id
from captionacc.sync.copies import WorkingCopies
from captionacc.sync.hosted import CopyTimes
from captionacc.sync.incoming import accept_batch
from captionacc.sync.opening import read_stored
from captionacc.sync.places import Place, take_slot

from .scene import open_scene
from .sockets import put_layout

CLIENT = b"c" * 16
HASTY = CopyTimes(look_s=0.05, host_s=0.6, renew_s=0.1, quiet_s=0.1, unused_s=0.2, retry_s=0.2)
LAZY = CopyTimes(look_s=0.05, host_s=0.6, renew_s=1000, quiet_s=1000, unsaved_s=1000, retry_s=0.2)


class Machine:
    """A server with a disk of its own."""

    def __init__(self, scene, database_url, root, times) -> None:
        self.place = Place(scene.tenant_id, scene.video_id, "layout")
        self.root = root
        self._make = lambda: WorkingCopies(
            root, scene.store, lambda: scene.catalog, database_url, times
        )
        self.start()

    def start(self):
        """Boot."""
        self.copies = self._make()
        self._stop, self._is_up = asyncio.Event(), asyncio.Event()
        self._life = asyncio.create_task(self._run())

    async def _run(self):
        async with self.copies.running():
            self._is_up.set()
            await self._stop.wait()

    async def stop(self):
        """End in good order."""
        self._stop.set()
        await self._life

    async def die(self):
        """End as a killed process does: nothing is stored, nothing is given back."""
        await self._is_up.wait()
        for hosted in self.copies._hosted():
            await hosted.copy.close(is_lost=True)
        self.copies._open.clear()
        await self.stop()

    async def label(self, box_id, label, version):
        """A client's edit, acknowledged."""
        await self._is_up.wait()
        change = Change("boxes", pack_id(box_id), "label", label, version, 1, CLIENT, 1, 0)
        async with self.copies.use(self.place) as hosted:
            await hosted.copy.write(
                lambda db: accept_batch(db, "layout", os.urandom(8).hex(), [change], CLIENT)
            )
            return hosted.copy.name

    async def labels(self):
        """All labels that are set."""
        await self._is_up.wait()
        async with self.copies.use(self.place) as hosted:
            boxes = await hosted.copy.read(load_boxes)
        return {one.row_id: str(one.label) for one in boxes if one.label is not None}


async def eventually(ask):
    """Until it is so; errors that pass count as no."""
    async with asyncio.timeout(20):
        while True:
            try:
                if await ask():
                    return
            except ServiceUnavailableError:
                pass
            await asyncio.sleep(0.05)


@pytest.fixture
def play(database_url, object_store, tmp_path):
    """Runs a scenario with a maker of machines around a video with a layout."""

    def run(scenario):
        async def on_scene():
            async with open_scene(database_url, object_store) as scene:
                put_layout(object_store, tmp_path, await scene.video())

                def machine(name, times=HASTY):
                    return Machine(scene, database_url, tmp_path / name, times)

                await scenario(scene, machine)

        asyncio.run(on_scene())

    return run


async def stored_labels(scene, folder):
    """Labels in the stored file, read by Python's own SQLite."""
    place = Place(scene.tenant_id, scene.video_id, "layout")
    folder.mkdir(exist_ok=True)
    read_stored(scene.store, place, folder / "x.gz", folder / "x.db")
    return {one.row_id: str(one.label) for one in read_boxes(folder / "x.db") if one.label}


def test_a_killed_process_finds_its_copy(play, tmp_path):
    """What was acknowledged and not stored is stored by the next process, with nobody's help."""

    async def scenario(scene, machine):
        first = machine("a", LAZY)
        name = await first.label(0, "in", 2)
        assert await stored_labels(scene, tmp_path / "look") == {}
        await first.die()
        first = machine("a")

        async def is_stored():
            return await stored_labels(scene, tmp_path / "look") == {0: "in"}

        await eventually(is_stored)
        assert await first.label(1, "out", 2) == name
        await first.stop()
        assert await stored_labels(scene, tmp_path / "look") == {0: "in", 1: "out"}

    play(scenario)


def test_servers_take_turns(play):
    """A copy that is stored and unused is let go of; the next server goes on from there."""

    async def scenario(_, machine):
        first, second = machine("a"), machine("b")
        name = await first.label(0, "in", 2)
        with pytest.raises(ServiceUnavailableError, match="Another server"):
            await second.label(1, "in", 2)

        async def goes_on():
            return await second.label(1, "in", 2) == name

        await eventually(goes_on)
        assert await second.labels() == {0: "in", 1: "in"}
        assert not list(first.copies._slot.folder.glob("*.db"))
        await first.stop()
        await second.stop()

    play(scenario)


def test_a_machine_that_comes_back(play, tmp_path, caplog):
    """Its copy is older than the stored one: not served nor stored, but people's edits count."""

    async def scenario(scene, machine):
        first = machine("a", LAZY)
        name = await first.label(0, "in", 2)
        await first.die()
        second = machine("b")

        async def takes_over():
            return await second.label(1, "out", 2)

        await eventually(takes_over)
        assert await second.labels() == {1: "out"}
        assert await second.label(2, "out", 2) != name
        await second.stop()
        again = machine("a")
        assert await again.labels() == {0: "in", 1: "out", 2: "out"}
        assert list(again.copies._slot.folder.glob("aside/*.db"))
        assert "set aside" in caplog.text
        await again.stop()
        assert await stored_labels(scene, tmp_path / "look") == {0: "in", 1: "out", 2: "out"}

    play(scenario)


def test_a_layout_that_was_made_anew(play, object_store, tmp_path):
    """A stored file of another lineage ends the working copy; nothing of it is stored over it."""

    async def scenario(scene, machine):
        first = machine("a", LAZY)
        old = await first.label(0, "in", 2)
        put_layout(object_store, tmp_path, await scene.video())
        async with first.copies.use(first.place) as hosted:
            with pytest.raises(CaptionAccError, match="Something else"):
                await first.copies.save(hosted)
        assert await first.label(1, "in", 2) != old
        assert await first.labels() == {1: "in"}
        await first.stop()

    play(scenario)


def test_slots_are_taken_over(tmp_path):
    """A process takes what others have left; of two that live each has its own."""
    first = take_slot(tmp_path)
    second = take_slot(tmp_path)
    assert first.host != second.host
    (second.folder / "t.v.layout.db").write_bytes(b"left")
    first.release()
    second.release()
    heir = take_slot(tmp_path)
    assert {heir.host, *heir.predecessors} == {first.host, second.host}
    assert [place.video_id for place in heir.found()] == ["v"]
    assert take_slot(tmp_path).found() == []
    heir.release()
