"""Captions over HTTP, as people and flows ask for them."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest

from captionacc.api.app import create_app
from captionacc.api.auth import issue_session
from captionacc.catalog.tenants import LOCAL_USER
from captionacc.databases.captions import CaptionOcr, OcrStatus
from captionacc.model.runs import FlowName
from captionacc.settings import Settings

from .scene import add_video, open_scene

TOKEN = "the-token-of-flows"  # noqa: S105  # of this test's server
THREE = ((1.0, 2.0), (3.0, 4.0), (6.0, 8.0))


class Visit:
    """A scene with the API before it: ``people`` and ``flows`` are clients of it."""

    def __init__(self, scene, people, flows) -> None:
        self.scene, self.people, self.flows = scene, people, flows
        self.path = f"/v1/videos/{scene.video_id}"
        self.inner = f"/v1/internal/videos/{scene.video_id}/captions"

    async def captions(self):
        """The list of captions."""
        return (await self.ok(self.people.get(f"{self.path}/captions"))).json()["captions"]

    async def export(self, name):
        """A subtitle file's text."""
        answer = await self.ok(self.people.get(f"{self.path}/export", params={"format": name}))
        return answer.text

    async def ok(self, asked, status=200):
        """The answer, if it has this status."""
        answer = await asked
        assert answer.status_code == status, answer.text
        return answer

    async def refused(self, asked, status, code):
        """The problem's text, if the answer is this problem."""
        answer = await self.ok(asked, status)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == code
        return answer.json()["detail"]

    async def read(self, *texts):
        """Have flows read the first captions."""
        results = [
            {"caption_id": number, "status": "completed", "text": text, "confidence": 0.9}
            for number, text in enumerate(texts, 1)
        ]
        body = {"tenant_id": self.scene.tenant_id, "results": results}
        await self.ok(self.flows.patch(f"{self.inner}/ocr", json=body), 204)

    def confirm(self, caption_id, body=None):
        """Confirm a caption's boundaries."""
        url = f"{self.path}/captions/{caption_id}/actions/confirm-boundary"
        return self.people.post(url, json=body)

    async def runs(self):
        """Reading that was asked for."""
        runs = await self.scene.catalog.runs.of_video(self.scene.video_id, self.scene.tenant_id)
        return [run for run in runs if run.flow == FlowName.MEDIAN_OCR]


@pytest.fixture
def visit(database_url, object_store, tmp_path):
    """Runs a scenario with the API before a video that has captions at these places."""
    names = Settings.model_fields
    given = {
        name: value
        for variable, value in object_store.environment.items()
        if (name := variable.removeprefix("CAPTIONACC_").lower()) in names
    }
    settings = Settings(
        **given,
        database_url=database_url,
        service_token=TOKEN,
        webhook_secret="w" * 40,
        jwt_secret="j" * 40,
        data_dir=tmp_path,
    )

    @asynccontextmanager
    async def client(app, token):
        transport = httpx.ASGITransport(app)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=headers, timeout=60
        ) as made:
            yield made

    async def connected(people):
        async with asyncio.timeout(20):
            while (await people.get("/v1/videos")).status_code == 503:  # noqa: ASYNC110  # from outside
                await asyncio.sleep(0.01)

    async def on_scene(scenario, spans):
        app = create_app(settings)
        async with (
            open_scene(database_url, object_store, *spans) as scene,
            app.router.lifespan_context(app),
        ):
            token, _ = issue_session(settings, LOCAL_USER, scene.tenant_id)
            async with client(app, token) as people, client(app, TOKEN) as flows:
                await connected(people)
                await scene.move_to(app.state.services.copies)
                await scenario(Visit(scene, people, flows))

    def run(scenario, *spans):
        asyncio.run(on_scene(scenario, spans))

    return run


def test_captions_are_listed_with_all_columns(visit):
    """The fields are the columns of captions.db, in order of time."""

    async def scenario(visit):
        await visit.read("one", "two")
        captions = await visit.captions()
        assert [one["id"] for one in captions] == [1, 2, 3]
        first = captions[0]
        assert first.pop("created_at") <= first.pop("updated_at")
        assert first == {
            "id": 1,
            "start_frame_index": 10,
            "end_frame_index": 20,
            "start_pts_s": 1.0,
            "end_pts_s": 2.0,
            "boundary_state": "predicted",
            "boundary_pending": True,
            "boundary_confidence": 0.75,
            "text": None,
            "text_pending": True,
            "text_status": None,
            "text_notes": None,
            "caption_ocr": "one",
            "caption_ocr_confidence": 0.9,
            "caption_ocr_status": "completed",
            "caption_ocr_error": None,
        }

    visit(scenario, *THREE)


def test_before_there_are_captions(visit):
    """Whatever is asked for is not possible yet, and the hint says what to wait for."""

    async def scenario(visit):
        for asked in (
            visit.people.get(f"{visit.path}/captions"),
            visit.people.get(f"{visit.path}/export"),
            visit.people.patch(f"{visit.path}/captions/1", json={"text": "x"}),
            visit.people.delete(f"{visit.path}/captions/1"),
            visit.confirm(1),
        ):
            assert "no captions yet" in await visit.refused(asked, 409, "conflict")

    visit(scenario)


def test_another_tenant_s_captions_are_not_there(visit):
    """Neither people of another tenant nor flows that name the wrong one find the video."""

    async def scenario(visit):
        stranger = await visit.scene.catalog.tenants.create("stranger")
        video = await add_video(visit.scene.catalog, stranger.id)
        for asked in (
            visit.people.get(f"/v1/videos/{video.id}/captions"),
            visit.people.get(f"/v1/videos/{video.id}/export"),
            visit.people.patch(f"/v1/videos/{video.id}/captions/1", json={"text": "x"}),
            visit.flows.get(visit.inner, params={"tenant_id": stranger.id, "ids": "1"}),
        ):
            await visit.refused(asked, 404, "not_found")

    visit(scenario, *THREE)


def test_internal_routes_are_for_flows(visit):
    """A user's token opens none of them, and a flow's none of the others."""

    async def scenario(visit):
        tenant = {"tenant_id": visit.scene.tenant_id}
        build = tenant | {"version": 2, "run_id": visit.scene.video_id}
        for asked in (
            visit.people.post(visit.inner, json=build),
            visit.people.get(visit.inner, params=tenant | {"ids": "1"}),
            visit.people.patch(f"{visit.inner}/ocr", json=tenant | {"results": []}),
            visit.flows.get(f"{visit.path}/captions"),
        ):
            await visit.refused(asked, 401, "unauthenticated")

    visit(scenario, *THREE)


def test_flows_build_place_and_read(visit):
    """What flows send and get, and what they are told when it cannot be."""

    async def scenario(visit):
        tenant = {"tenant_id": visit.scene.tenant_id}
        visit.scene.put_results(2, (1.0, 2.0), (5.0, 6.0))
        build = tenant | {"version": 2, "run_id": visit.scene.video_id}
        built = await visit.ok(visit.flows.post(visit.inner, json=build))
        assert built.json() == {"caption_ids": [4, 5], "caption_count": 2}
        again = await visit.ok(visit.flows.post(visit.inner, json=build))
        assert again.json() == built.json()
        await visit.scene.activate(2)
        placed = await visit.flows.get(visit.inner, params=tenant | {"ids": "5,77"})
        (five,) = placed.json()["captions"]
        assert five["caption_id"] == 5
        assert five["extent"]["start_pts_s"] == 5.0
        await visit.refused(
            visit.flows.post(visit.inner, json=build | {"version": 3}), 404, "object_not_found"
        )
        await visit.refused(
            visit.flows.get(visit.inner, params=tenant | {"ids": "1,x"}), 422, "usage"
        )

    visit(scenario, *THREE)


def test_a_reading_of_an_old_extent_is_passed_over(visit):
    """A batch that began before a caption was moved does not put its text there."""

    async def scenario(visit):
        tenant = {"tenant_id": visit.scene.tenant_id}
        placed = await visit.flows.get(visit.inner, params=tenant | {"ids": "1"})
        extent = placed.json()["captions"][0]["extent"]
        moved = {"start_s": 0.5, "end_s": 2.0}
        await visit.ok(visit.people.patch(f"{visit.path}/captions/1", json=moved))
        late = {"caption_id": 1, "status": "completed", "text": "late", "extent": extent}
        body = tenant | {"results": [late]}
        await visit.ok(visit.flows.patch(f"{visit.inner}/ocr", json=body), 204)
        assert (await visit.captions())[0]["caption_ocr_status"] == "queued"

    visit(scenario, *THREE)


def test_a_caption_is_corrected(visit):
    """What is given changes, null takes away, the rest stays; nothing is read for words alone."""

    async def scenario(visit):
        path = f"{visit.path}/captions/2"
        first = {"text": "Two\nlines", "text_notes": "hm", "text_status": "checked"}
        answer = (await visit.ok(visit.people.patch(path, json=first))).json()
        assert first.items() <= answer["caption"].items()
        assert answer["run_id"] is None
        answer = (await visit.ok(visit.people.patch(path, json={"text_notes": None}))).json()
        assert answer["caption"]["text"] == "Two\nlines"
        assert answer["caption"]["text_notes"] is None
        gap = await visit.ok(visit.people.patch(path, json={"boundary_state": "gap"}))
        assert gap.json()["caption"]["boundary_pending"] is False
        assert await visit.runs() == []

    visit(scenario, *THREE)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "at least one"),
        ({"start_s": 1.0}, "both"),
        ({"start_s": 2.0, "end_s": 2.0}, "ends after"),
        ({"start_s": -1.0, "end_s": 2.0}, "start_s"),
        ({"start_s": 59.0, "end_s": 61.0}, "after the video"),
        ({"start_s": 0.0, "end_s": 1e300}, "end_s"),
        ({"boundary_state": "sure"}, "boundary_state"),
        ({"text": "x" * 5001}, "5000"),
        ({"caption_ocr": "x"}, "caption_ocr"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(visit, body, says):
    """The problem names what is wrong, and nothing changes."""

    async def scenario(visit):
        before = await visit.captions()
        asked = visit.people.patch(f"{visit.path}/captions/1", json=body)
        assert says in await visit.refused(asked, 422, "usage")
        assert await visit.captions() == before

    visit(scenario, *THREE)


def test_captions_are_added_and_removed(visit):
    """A person's caption is read; one that a person has worked on is in the way of others."""

    async def scenario(visit):
        path = f"{visit.path}/captions"
        new = {"start_s": 4.5, "end_s": 5.5}
        made = (await visit.ok(visit.people.post(path, json=new), 201)).json()
        assert made["caption"]["boundary_state"] == "confirmed"
        (run,) = await visit.runs()
        assert (made["run_id"], run.parameters) == (run.id, {"caption_ids": [4], "version": 1})
        clash = visit.people.post(path, json={"start_s": 5.0, "end_s": 7.0})
        assert "caption 4" in await visit.refused(clash, 409, "conflict")
        await visit.ok(visit.people.delete(f"{path}/4"), 204)
        await visit.refused(visit.people.delete(f"{path}/4"), 404, "not_found")
        assert [one["id"] for one in await visit.captions()] == [1, 2, 3]

    visit(scenario, *THREE)


def test_confirming_what_is_read_answers_at_once(visit):
    """A caption where it was, with its reading: no work is asked for, with times or without."""

    async def scenario(visit):
        await visit.read("one", "two")
        for body in (None, {"start_s": 1.0004, "end_s": 2.0}):
            answer = (await visit.ok(visit.confirm(1, body))).json()
            assert answer["run_id"] is None
            assert answer["caption"]["boundary_state"] == "confirmed"
            assert answer["caption"]["caption_ocr"] == "one"
            assert answer["caption"]["start_pts_s"] == 1.0
        assert await visit.runs() == []

    visit(scenario, *THREE)


async def work_off(visit):
    """Do as a worker does with the video's next run of reading."""
    runs = visit.scene.catalog.runs
    run = None
    async with asyncio.timeout(20):
        while run is None or run.video_id != visit.scene.video_id:  # others are of other tests
            run = await runs.claim(FlowName.MEDIAN_OCR, 1000, "test")
            await asyncio.sleep(0.01)
    ids = run.parameters["caption_ids"]
    results = [CaptionOcr(one, OcrStatus.COMPLETED, f"read {one}", 0.95) for one in ids]
    await visit.scene.captions.store_ocr(await visit.scene.video(), results)
    await runs.succeed(run)


def test_confirming_waits_for_the_text(visit):
    """A moved caption is read, and the answer has its text as soon as it is there."""

    async def scenario(visit):
        await visit.read("one", "two")
        asked = visit.confirm(1, {"start_s": 0.5, "end_s": 2.5})
        answer, _ = await asyncio.gather(visit.ok(asked), work_off(visit))
        caption = answer.json()["caption"]
        assert (caption["caption_ocr"], caption["start_pts_s"]) == ("read 1", 0.5)
        assert (caption["start_frame_index"], caption["end_frame_index"]) == (5, 25)
        assert answer.json()["run_id"] == (await visit.runs())[0].id

    visit(scenario, *THREE)


def test_confirming_answers_with_the_run_when_the_text_takes_long(visit, monkeypatch):
    """Who waits too long is told which run to follow; asked again, it is the same run."""
    monkeypatch.setattr("captionacc.api.caption_reading._PATIENCE_S", 0.2)

    async def scenario(visit):
        body = {"start_s": 0.5, "end_s": 2.5}
        first = (await visit.ok(visit.confirm(1, body), 202)).json()
        assert first["caption"]["caption_ocr_status"] == "queued"
        again = (await visit.ok(visit.confirm(1, body), 202)).json()
        assert again["run_id"] == first["run_id"]
        assert len(await visit.runs()) == 1
        # There and back again is not what was read before.
        await work_off(visit)
        await visit.ok(visit.confirm(1, {"start_s": 0.7, "end_s": 2.5}), 202)
        await visit.ok(visit.confirm(1, body), 202)
        assert len(await visit.runs()) == 3

    visit(scenario, *THREE)


def test_subtitles_hold_what_a_person_wrote_else_what_was_read(visit):
    """Gaps and captions without text are left out; every format has its type and file name."""

    async def scenario(visit):
        await visit.read("one", "two", "three")
        path = f"{visit.path}/captions"
        await visit.ok(visit.people.patch(f"{path}/2", json={"text": "zwei -> größer"}))
        await visit.ok(visit.people.patch(f"{path}/3", json={"boundary_state": "gap"}))
        await visit.ok(visit.people.post(path, json={"start_s": 9.0, "end_s": 9.5}), 201)
        assert await visit.export("srt") == (
            "1\n00:00:01,000 --> 00:00:02,000\none\n\n"
            "2\n00:00:03,000 --> 00:00:04,000\nzwei -> größer\n\n"
        )
        assert await visit.export("txt") == "one\n\nzwei -> größer\n"
        assert (await visit.export("vtt")).startswith("WEBVTT")
        assert "PlayResX: 1280" in await visit.export("ass")
        first, second = json.loads(await visit.export("json"))["captions"]
        assert (first["start_s"], first["end_s"], first["text"]) == (1.0, 2.0, "one")
        assert (first["confidence"], second["confidence"]) == (0.9, 1.0)
        answer = await visit.people.get(f"{visit.path}/export")
        assert answer.headers["content-type"] == "application/x-subrip; charset=utf-8"
        assert answer.headers["content-disposition"] == (
            "attachment; filename*=utf-8''A%20film.srt"
        )
        asked = visit.people.get(f"{visit.path}/export", params={"format": "doc"})
        await visit.refused(asked, 422, "usage")

    visit(scenario, *THREE)


def test_subtitles_without_captions_are_an_empty_file(visit):
    """A video in which nothing was found exports to a valid file."""

    async def scenario(visit):
        await visit.scene.stage(1)
        await visit.scene.activate(1)
        assert await visit.export("srt") == ""
        assert json.loads(await visit.export("json"))["captions"] == []

    visit(scenario)


def test_export_never_stops_during_a_second_approval(visit):
    """Old subtitles until the switch; then the new captions, with the old text where they were."""

    async def scenario(visit):
        await visit.read("one", "two", "three")
        before = await visit.export("json")
        await visit.scene.stage(2, (1.0, 2.0), (3.0, 4.0), (6.0, 8.0))
        assert await visit.export("json") == before
        await visit.scene.activate(2)
        assert await visit.export("json") == before
        assert {one["caption_ocr_status"] for one in await visit.captions()} == {"queued"}

    visit(scenario, *THREE)
