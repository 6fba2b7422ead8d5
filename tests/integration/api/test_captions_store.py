"""Captions in the store, with several who change them at once."""

import asyncio
import gzip

import pytest

from captionacc.api.captions_store import CaptionsStore, VideoLocks
from captionacc.databases.captions import BoundaryState, CaptionOcr, OcrStatus
from captionacc.databases.corrections import Correction
from captionacc.errors import ConflictError, NotFoundError, ServiceUnavailableError
from captionacc.model.ids import RunId
from captionacc.storage.s3 import S3Store

from .scene import extent, open_scene

CONFIRM = Correction(boundary_state=BoundaryState.CONFIRMED)


@pytest.fixture
def play(database_url, object_store):
    """Runs a scenario on a video with captions at these places."""

    def run(scenario, *spans, make_store=S3Store):
        async def on_scene():
            async with open_scene(
                database_url, object_store, *spans, make_store=make_store
            ) as scene:
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

    play(scenario, (1.0, 2.0))


def test_no_change_is_lost_between_two_servers(play):
    """Two servers change one video's captions at the same time: all changes are there."""
    count = 12

    async def scenario(scene):
        other = CaptionsStore(scene.catalog, scene.store, VideoLocks())
        video = await scene.video()
        await scene.read()
        work = [
            (scene.captions, other)[n % 2].correct(video, n + 1, Correction(text=f"text {n}"))
            for n in range(count)
        ]
        await asyncio.gather(*work)
        assert [one.text for one in await scene.read()] == [f"text {n}" for n in range(count)]
        assert sorted(one for told in await scene.told() for one in told["caption_ids"]) == sorted(
            [*range(1, count + 1)] * 2
        )
        state = await scene.catalog.databases.state(scene.video_id, "captions")
        assert state.version == 2 + count

    play(scenario, *((float(n), n + 1.0) for n in range(count)))


class Meddler(S3Store):
    """A store in which somebody else is always faster, once the captions are there."""

    def put_file_if(self, key, source, etag):
        """Change the object before it is written."""
        if etag is not None:
            self.put(key, self.get(key) + gzip.compress(b""))
        return super().put_file_if(key, source, etag)


def test_who_never_wins_is_told_to_try_again(play):
    """Giving up is a passing failure, and what others stored stands."""

    async def scenario(scene):
        with pytest.raises(ServiceUnavailableError, match="changed by others"):
            await scene.captions.stage(await scene.video(), 2, RunId("r"))

    async def with_results(scene):
        await scene.stage(1)
        scene.put_results(2, (1.0, 2.0))
        await scenario(scene)

    play(with_results, make_store=Meddler)


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
