"""The whole way of a video through the running platform, seen from outside."""

import json
import uuid

import httpx
import pytest

from captionacc.cli.truth import read_truth

from .outsider import Outsider, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outsider(stack):
    """A signed-in client of the one running stack."""
    client = Outsider(stack.api_url)
    yield client
    client.close()


@pytest.fixture(scope="module")
def long_file(clips, tmp_path_factory):
    """The plain clip, made so long by an empty box at its end that it needs three parts."""
    path = tmp_path_factory.mktemp("long") / "film.mp4"
    size = 18 << 20
    box = size.to_bytes(4, "big") + b"free" + bytes(size - 8)
    path.write_bytes(clips["plain"].video.read_bytes() + box)
    return path


@pytest.fixture(scope="module")
def finished(outsider, clips):
    """A video whose captions are read, version 1."""
    video_id = outsider.upload(clips["plain"].video)
    outsider.wait_for_layout(video_id)
    outsider.post(f"/v1/videos/{video_id}/actions/approve-layout")
    return outsider.wait_for_texts(video_id, 1)


def check_truth(captions, clip):
    """Texts are exact, times within a native frame."""
    cues, fps = read_truth(clip.truth)
    assert [one["text"] for one in captions] == [cue.text for cue in cues]
    for one, cue in zip(captions, cues, strict=True):
        assert abs(one["start_s"] - cue.start_s) < 1.5 / fps
        assert abs(one["end_s"] - cue.end_s) < 1.5 / fps


def test_upload_to_subtitles(stack, outsider, long_file, clips):
    """A resumed upload becomes exact subtitles, and every step is told live."""
    with outsider.listening() as events:
        begun = outsider.begin_upload(long_file)
        outsider.put_parts(begun, long_file, [1])
        # The client dies; another one, which knows nothing but the file, goes on.
        heir = Outsider(stack.api_url)
        resumed = heir.begin_upload(long_file)
        assert resumed["id"] == begun["id"]
        arrived = [part["number"] for part in heir.get(f"/v1/uploads/{begun['id']}")["parts"]]
        assert arrived == [1]
        count = -(-long_file.stat().st_size // begun["part_size_bytes"])
        assert count >= 3
        heir.put_parts(resumed, long_file, range(2, count + 1))
        video_id = heir.post(f"/v1/uploads/{begun['id']}/complete")["video_id"]
        heir.close()
        video = outsider.wait_for_layout(video_id)
        wait_until(lambda: is_delivered(stack, video_id), "the webhook's delivery", 20)
        assert video["title"] == "film.mp4"
        run = outsider.post(f"/v1/videos/{video_id}/actions/approve-layout")
        again = outsider.post(f"/v1/videos/{video_id}/actions/approve-layout")
        assert again["run_id"] == run["run_id"]
        outsider.wait_for_texts(video_id, 1)
        flows = wait_until(lambda: finished_flows(events, video_id), "the last event", 20)
    assert flows == {"video-initial-processing", "crop-and-infer", "median-ocr"}
    check_truth(outsider.captions(video_id), clips["plain"])
    assert "-->" in outsider.export(video_id, "srt")
    check_resumes(outsider, events)


def is_delivered(stack, video_id):
    """Whether the database's webhook for this video was taken; one that failed would be kept."""
    ((kept,),) = stack.query(
        "select count(*) from supabase_functions.outbox where body->'record'->>'id' = %s", video_id
    )
    return kept == 0


def finished_flows(events, video_id):
    """The flows of which an event told that they succeeded, once all three have."""
    runs = [data for _, name, data in events if name == "run" and data["video_id"] == video_id]
    done = {run["flow"] for run in runs if run["state"] == "succeeded"}
    assert any(0 < run["progress"] < 1 for run in runs) or len(done) < 3
    return done if len(done) == 3 else None


def check_resumes(outsider, events):
    """A stream that names the last event it saw gets exactly those after it."""
    ids = [event_id for event_id, _, _ in events]
    headers = {"Last-Event-ID": ids[3]}
    seen = []
    with outsider.http.stream("GET", "/v1/events", headers=headers, timeout=60) as answer:
        for line in answer.iter_lines():
            if line.startswith("id:"):
                seen.append(line.removeprefix("id:").strip())
            if len(seen) == len(ids) - 4:
                break
    assert seen == ids[4:]


def test_member_inserts_the_row_itself(stack, outsider, clips):
    """A member who puts the object and inserts the row under RLS gets the same subtitles."""
    video_id = str(uuid.uuid4())
    key = f"{outsider.tenant_id}/client/videos/{video_id}/video.mp4"
    data = clips["plain"].video.read_bytes()
    answer = httpx.put(stack.presigned_put(key), content=data, timeout=30)
    assert answer.is_success, answer.text
    row = {
        "id": video_id,
        "tenant_id": outsider.tenant_id,
        "title": "by-hand.mp4",
        "storage_key": key,
        "size_bytes": len(data),
    }
    stack.insert_as_member(outsider, row)
    outsider.wait_for_layout(video_id)
    outsider.post(f"/v1/videos/{video_id}/actions/approve-layout")
    outsider.wait_for_texts(video_id, 1)
    check_truth(outsider.captions(video_id), clips["plain"])


def test_row_without_an_object_fails_with_a_reason(stack, outsider):
    """A row whose object never came ends in an error that a person can act on."""
    video_id = str(uuid.uuid4())
    row = {
        "id": video_id,
        "tenant_id": outsider.tenant_id,
        "title": "nothing.mp4",
        "storage_key": f"{outsider.tenant_id}/client/videos/{video_id}/video.mp4",
        "size_bytes": 1,
    }
    stack.insert_as_member(outsider, row)
    video = wait_until(
        lambda: one if (one := outsider.video(video_id))["status"] == "error" else None, "an error"
    )
    assert video["error"]["message"]
    assert video["error"]["hint"]
    assert video["error"]["run_id"] == outsider.runs(video_id)[0]["id"]


def test_member_of_another_tenant_cannot_insert(stack, outsider):
    """RLS refuses a row for somebody else's tenant, and the database is told nothing."""
    stranger = str(uuid.uuid4())
    video_id = str(uuid.uuid4())
    row = {
        "id": video_id,
        "tenant_id": stranger,
        "title": "x",
        "storage_key": f"{stranger}/client/videos/{video_id}/video.mp4",
        "size_bytes": 1,
    }
    with pytest.raises(stack.InsufficientPrivilege):
        stack.insert_as_member(outsider, row)


def test_webhook_abuse(stack, outsider, finished):
    """Twice, late, forged or rubbish: the one run, or a clear refusal; nothing else happens."""
    video_id = finished["id"]
    before = outsider.runs(video_id)
    (first,) = outsider.runs(video_id, "video-initial-processing")
    record = stack.row("captionacc.videos", video_id)
    good = {
        "type": "INSERT",
        "table": "videos",
        "schema": "captionacc",
        "record": record,
        "old_record": None,
    }
    stranger = str(uuid.uuid4())

    def deliver(body, secret=stack.webhook_secret):
        content = body if isinstance(body, bytes) else json.dumps(body)
        headers = {"Content-Type": "application/json", "X-Webhook-Secret": secret}
        url = f"{stack.api_url}/v1/webhooks/supabase"
        return httpx.post(url, content=content, headers=headers, timeout=30)

    for _ in range(2):
        late = deliver(good)
        assert late.status_code == 202
        assert late.json()["run_id"] == first["id"]
    assert deliver(good, "wrong").status_code == 401
    assert deliver(good, "").status_code == 401
    foreign = {
        "tenant_id": stranger,
        "storage_key": f"{stranger}/client/videos/{video_id}/video.mp4",
    }
    unknown = {"id": stranger}
    refused = [
        good | {"table": "tenants"},
        good | {"schema": "public"},
        good | {"type": "DELETE"},
        good | {"record": record | foreign},
        good | {"record": record | unknown},
        good | {"record": {}},
        good | {"record": None},
        [good],
        b"",
        b"\x00" * (1 << 20),
        b"[" * (1 << 20),
        json.dumps({"record": "x" * (1 << 20)}).encode(),
    ]
    for body in refused:
        answer = deliver(body)
        assert 400 <= answer.status_code < 500, (str(body)[:100], answer.text)
        assert answer.headers["content-type"].startswith("application/problem+json")
    assert outsider.runs(video_id) == before
    assert outsider.http.get(f"/v1/videos/{stranger}").status_code == 404


def test_second_approval(outsider, finished, clips):
    """Another region makes version 2; the confirmed stays, and version 1 is readable meanwhile."""
    video_id = finished["id"]
    captions = outsider.get(f"/v1/videos/{video_id}/captions")["captions"]
    kept = captions[1]
    path = f"/v1/videos/{video_id}/captions/{kept['id']}/actions/confirm-boundary"
    outsider.post(path, {"start_s": kept["start_pts_s"], "end_s": kept["end_pts_s"]})
    outsider.wait_for_texts(video_id, 1)
    first = outsider.captions(video_id)
    left, top, right, bottom = finished["crop_region"]
    region = [left, max(top - 0.04, 0), right, bottom]
    run = outsider.post(f"/v1/videos/{video_id}/actions/approve-layout", {"crop_region": region})
    while True:
        shown = outsider.captions(video_id)
        if outsider.video(video_id)["active_version"] != 1:
            break  # perhaps already when these captions were asked for
        assert shown == first
        (now,) = [one for one in outsider.runs(video_id) if one["id"] == run["run_id"]]
        assert now["state"] in {"queued", "running", "succeeded"}
    video = outsider.wait_for_texts(video_id, 2)
    assert video["crop_region"] == pytest.approx(region)
    after = outsider.get(f"/v1/videos/{video_id}/captions")["captions"]
    (confirmed,) = [one for one in after if one["boundary_state"] == "confirmed"]
    for name in ("id", "start_pts_s", "end_pts_s", "text", "caption_ocr"):
        assert confirmed[name] == kept[name]
    check_truth(outsider.captions(video_id), clips["plain"])
