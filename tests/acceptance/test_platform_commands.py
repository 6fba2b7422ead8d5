"""The commands of the platform, given to the running stack as a person gives them."""

import json
import signal
import uuid

import httpx
import pytest

from .conftest import TEXTS, CommandLine
from .outsider import Outsider, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def captionacc(stack, tmp_path_factory):
    """The command with an empty home, which finds the stack by its data folder alone."""
    home = tmp_path_factory.mktemp("home")
    return CommandLine(home, CAPTIONACC_DATA_DIR=str(stack.data_dir))


@pytest.fixture
def absent(stack):
    """The id and key of a new video whose object never came."""
    return new_absent(stack)


def new_absent(stack):
    """The same, whenever it is wanted."""
    client = Outsider(stack.api_url)
    video_id = str(uuid.uuid4())
    key = f"{client.tenant_id}/client/videos/{video_id}/video.mp4"
    stack.insert_as_member(
        client,
        {
            "id": video_id,
            "tenant_id": client.tenant_id,
            "title": f"{video_id}.mp4",
            "storage_key": key,
            "size_bytes": 1,
        },
    )
    client.close()
    return video_id, key


def said(finished):
    """The JSON that a command printed as its last line."""
    assert finished.code == 0, finished.err
    return json.loads(finished.out.splitlines()[-1])


def test_from_file_to_subtitles(captionacc, clips, tmp_path):
    """Upload, watch, approve and export make exact subtitles; status and runs tell of all that."""
    video = tmp_path / f"{uuid.uuid4().hex}.mp4"
    video.write_bytes(clips["plain"].video.read_bytes())
    uploaded = captionacc.run("upload", video, "--folder", "films")
    assert uploaded.code == 0, uploaded.err
    video_id = uploaded.out.strip()
    assert str(uuid.UUID(video_id)) == video_id
    lines = captionacc.run("watch", video_id, "--json").out.splitlines()
    assert json.loads(lines[-1])["outcome"] == "layout_to_approve"
    early = captionacc.run("export", video_id, "--no-wait")
    assert (early.code, early.out) == (2, "")
    assert f"captionacc approve {video_id}" in early.err
    run_id = captionacc.run("approve", video.name).out.strip()
    watched = captionacc.run("watch", video_id[:13])
    assert watched.code == 0, watched.err
    assert "3 captions are ready" in watched.out
    subtitles = tmp_path / "out.srt"
    assert captionacc.run("export", video_id, "-o", subtitles).code == 0
    assert [text for text in TEXTS if text in subtitles.read_text()] == list(TEXTS)
    exported = said(captionacc.run("export", video_id, "--format", "json", "--json"))
    captions = json.loads(exported["content"])["captions"]
    assert [caption["text"] for caption in captions] == list(TEXTS)
    status = said(captionacc.run("status", video_id, "--json"))
    assert (status["outcome"], status["folder"], status["caption_count"]) == ("ready", "films", 3)
    assert video_id in {one["id"] for one in said(captionacc.run("status", "--json"))["videos"]}
    assert video_id in captionacc.run("status").out
    runs = said(captionacc.run("runs", video_id, "--json"))["runs"]
    assert {run["state"] for run in runs} == {"succeeded"}
    assert run_id in {run["id"] for run in runs}
    assert captionacc.run("retry", video_id).code == 2


def test_interrupted_upload_goes_on(captionacc, stack, clips, tmp_path):
    """An upload ended by Ctrl-C goes on where it was, and is one video."""
    video = tmp_path / f"{uuid.uuid4().hex}.mp4"
    size = 64 << 20
    box = size.to_bytes(4, "big") + b"free" + bytes(size - 8)
    video.write_bytes(clips["plain"].video.read_bytes() + box)
    with captionacc.start("upload", video) as process:
        wait_until(lambda: arrived(stack, video.name) or process.poll() is not None, "a part")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode in {0, 130}
    again = captionacc.run("upload", video)
    assert again.code == 0, again.err
    found = stack.query("select id::text from captionacc.videos where title = %s", video.name)
    if process.returncode == 130:
        assert found == [(again.out.strip(),)]


def arrived(stack, filename):
    """The parts of the upload of this file that the store has."""
    for key, upload_id in stack.query(
        "select storage_key, multipart_id from captionacc.uploads where filename = %s", filename
    ):
        return stack.uploads.list_parts(key, upload_id)
    return ()


def test_failure_and_retry(captionacc, stack, absent, clips):
    """A failed video says why and what to do, in words and as exit code; mended, it is retried."""
    video_id, key = absent
    watched = captionacc.run("watch", video_id)
    assert watched.code == 3
    assert "Upload it again" in watched.err
    assert captionacc.run("export", video_id).code == 3
    status = said(captionacc.run("status", video_id, "--json"))
    assert status["outcome"] == "failed"
    assert status["error"]["code"] == "video_not_found"
    (failed,) = said(captionacc.run("runs", video_id, "--json"))["runs"]
    assert (failed["state"], failed["attempt"]) == ("failed", 1)
    httpx.put(
        stack.presigned_put(key), content=clips["plain"].video.read_bytes()
    ).raise_for_status()
    run_id = said(captionacc.run("retry", video_id, "--json"))["run_id"]
    assert captionacc.run("watch", video_id).code == 0
    newest, oldest = said(captionacc.run("runs", video_id, "--json"))["runs"]
    assert (newest["id"], newest["state"]) == (run_id, "succeeded")
    assert oldest["id"] == failed["id"]


def test_paused_cancelled_deleted_restored(captionacc, stack):
    """What waits says why; cancelled, deleted and restored it is always told, in words and JSON."""
    paused = said(captionacc.run("pause", "--reason", "at night only", "--json"))
    assert paused["holds"][0]["reason"] == "at night only"
    video_id, _ = new_absent(stack)
    try:
        wait_until(
            lambda: "at night only" in captionacc.run("status", video_id).out, "the reason", 30
        )
        (run_id,) = said(captionacc.run("cancel", video_id, "--json"))["run_ids"]
        assert captionacc.run("delete", video_id).out.strip() == video_id
        assert captionacc.run("status", video_id).code == 2
        assert captionacc.run("restore").out.strip() == video_id
        (run,) = said(captionacc.run("runs", video_id, "--json"))["runs"]
        assert (run["id"], run["state"]) == (run_id, "cancelled")
        assert said(captionacc.run("delete", video_id[:13], "--json"))["purge_at"]
        assert captionacc.run("cancel", video_id).code == 2
    finally:
        resumed = captionacc.run("resume")
    assert resumed.out == "running\n"


def test_what_is_no_video_is_refused(captionacc, tmp_path):
    """A file that is no video ends the upload with exit code 3, and makes no video."""
    text = tmp_path / f"{uuid.uuid4().hex}.mp4"
    text.write_text("This is not a video.\n" * 100)
    refused = captionacc.run("upload", text)
    assert (refused.code, refused.out) == (3, "")
    assert captionacc.run("status", text.name).code == 2


def test_nobody_there(captionacc):
    """Without a running stack the commands say how to start one, with exit code 5."""
    missing = captionacc.run("status", "--api-url", "http://127.0.0.1:9")
    assert (missing.code, missing.out) == (5, "")
    assert "captionacc up" in missing.err
