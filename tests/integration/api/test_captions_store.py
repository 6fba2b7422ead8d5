"""Captions in the store, with several who change them at once."""

import asyncio

import pytest

from captionacc.api.captions_store import CaptionsStore
from captionacc.databases.captions import BoundaryState, CaptionOcr, OcrStatus
from captionacc.databases.corrections import Correction
from captionacc.errors import ConflictError, NotFoundError, ServiceUnavailableError
from captionacc.model.ids import RunId

from .scene import extent, open_copies, open_scene

CONFIRM = Correction(boundary_state=BoundaryState.CONFIRMED)


@pytest.fixture
def play(database_url, object_store):
    """Runs a scenario on a video with captions at these places."""

    def run(scenario, *spans):
        async def on_scene():
            async with open_scene(database_url, object_store, *spans) as scene:
                await scenario(scene)

        asyncio.run(on_scene())

    return run


def test_nothing_is_seen_before_the_first_version_is_active(play):
    """While the first captions are built there are none yet, and the message says what to do."""

    async def scenario(scene):
        staged = await scene.stage(1, (1.0, 2.0), (3.0, 4.0))
        assert (staged.caption_ids, staged.caption_count) == ((1, 2), 2)
        with pytest.raises(ConflictError, match="no captions yet"):
            await scene.read()
        with pytest.raises(ConflictError, match="no captions yet"):
            await scene.captions.add(await scene.video(), extent(1, 2), None)
        await scene.activate(1)
        assert await scene.places() == [(1, 2), (3, 4)]

    play(scenario)


def test_a_second_version_is_seen_when_it_is_active(play):
    """Between build and activation all see and edit the old captions, and no edit is lost."""

    async def scenario(scene):
        await scene.stage(2, (0.0, 1.0), (2.0, 5.0))
        assert await scene.places() == [(1, 2), (3, 4)]
        await scene.captions.correct(await scene.video(), 2, Correction(text="mine"))
        before = await scene.read()
        await scene.activate(2)
        assert await scene.places() == [(0, 1), (2, 3), (3, 4)]
        assert (await scene.read())[2] == before[1]
        changed = (await scene.told())[-1]
        assert changed == {
            "video_id": scene.video_id,
            "caption_ids": [3, 4],
            "removed_ids": [1],
        }

    play(scenario, (1.0, 2.0), (3.0, 4.0))


def test_an_edit_that_began_before_the_switch_is_kept(play):
    """Who saw version 1 when the request began edits its captions, whenever the switch is."""

    async def scenario(scene):
        old = await scene.video()
        await scene.stage(2, (0.0, 1.0), (1.5, 4.0))
        await scene.activate(2)
        await scene.captions.correct(old, 1, CONFIRM)
        assert await scene.places() == [(0, 1), (1, 2), (2, 4)]

    play(scenario, (1.0, 2.0), (3.0, 4.0))


def test_building_again_changes_nothing(play):
    """A flow that is repeated after a crash finds what it left, before the switch and after."""

    async def scenario(scene):
        run_id = RunId("a-run")
        scene.put_results(2, (1.0, 2.0), (5.0, 6.0))
        staged = await scene.captions.stage(await scene.video(), 2, run_id)
        for _ in range(2):
            before = scene.store.head(scene.keys.captions_db)
            assert await scene.captions.stage(await scene.video(), 2, run_id) == staged
            assert scene.store.head(scene.keys.captions_db) == before
            await scene.activate(2)
            await scene.read()
            await scene.copies.save_all()

    play(scenario, (1.0, 2.0))


def test_many_changes_at_once(play):
    """Of many changes at the same time none is lost, and each is told of."""
    count = 12

    async def scenario(scene):
        video = await scene.video()
        await scene.read()
        await asyncio.gather(
            *(
                scene.captions.correct(video, n + 1, Correction(text=f"text {n}"))
                for n in range(count)
            )
        )
        assert [one.text for one in await scene.read()] == [f"text {n}" for n in range(count)]
        assert sorted(one for told in await scene.told() for one in told["caption_ids"]) == sorted(
            [*range(1, count + 1)] * 2
        )

    play(scenario, *((float(n), n + 1.0) for n in range(count)))


def test_one_server_at_a_time(play, database_url):
    """While one server has the captions open another asks for patience, and then sees all."""

    async def scenario(scene):
        video = await scene.video()
        await scene.captions.correct(video, 1, Correction(text="mine"))
        async with open_copies(database_url, scene.store, scene.catalog) as copies:
            other = CaptionsStore(scene.catalog, scene.store, copies)
            with pytest.raises(ServiceUnavailableError, match="Another server"):
                await other.correct(video, 1, Correction(text="theirs"))
            await scene.let_go()
            assert [one.text for one in await other.read(video)] == ["mine"]

    play(scenario, (1.0, 2.0))


def test_readings_and_what_is_not_there(play):
    """Readings are told of; nothing new is not; what is gone is not found."""

    async def scenario(scene):
        video = await scene.video()
        await scene.read()
        read = CaptionOcr(1, OcrStatus.COMPLETED, "hello", 0.9)
        for _ in range(2):
            await scene.captions.store_ocr(video, [read])
        told = await scene.told()
        assert told[1:] == [{"video_id": video.id, "caption_ids": [1], "removed_ids": []}]
        with pytest.raises(NotFoundError):
            await scene.captions.correct(video, 7, CONFIRM)

    play(scenario, (1.0, 2.0))


def test_the_video_knows_how_many_captions_it_has(play):
    """Adding, removing and marking gaps are counted."""

    async def scenario(scene):
        video = await scene.video()
        counts = []
        await scene.captions.add(video, extent(5, 6), "hi")
        counts.append((await scene.video()).caption_count)
        await scene.captions.remove(video, 1)
        counts.append((await scene.video()).caption_count)
        gap = Correction(boundary_state=BoundaryState.GAP)
        await scene.captions.correct(video, 2, gap)
        counts.append((await scene.video()).caption_count)
        assert counts == [3, 2, 1]

    play(scenario, (1.0, 2.0), (3.0, 4.0))
