"""Each step of a video is told once, in the order in which steps are made."""

from captionacc.cli.storytelling import tell
from captionacc.cli.views import RunView, VideoView
from captionacc.cli.watching import Snapshot


def snapshot(*runs, crop_region=None):
    """A video with these runs, the newest first."""
    video = VideoView(
        id="v",
        title="film.mp4",
        status="processing",
        layout_status="wait",
        captions_status="wait",
        text_status="wait",
        created_at="1",
        crop_region=crop_region,
    )
    return Snapshot(video, tuple(RunView(**run) for run in runs))


def test_steps_of_a_video():
    """Queued, started, done and found are told when they first show, and never again."""
    run = {
        "id": "r1",
        "video_id": "v",
        "flow": "video-initial-processing",
        "subject": "",
        "state": "queued",
        "created_at": "1",
    }
    started = run | {"state": "running", "prefect_flow_run_id": "f1"}
    batch = run | {"id": "r2", "flow": "median-ocr", "subject": "v1:0", "created_at": "2"}
    looks = [
        snapshot(),
        snapshot(run),
        snapshot(started),
        snapshot(started | {"phase": "read frames", "progress": 0.5}),
        snapshot(batch, started | {"state": "succeeded"}, crop_region=(0.1, 0.8, 0.9, 1)),
        snapshot(batch | {"error": {"code": "store", "message": "No."}}),
    ]
    told = [list(tell(*pair)) for pair in zip([None, *looks], looks, strict=False)]
    assert told == [
        [],
        ["webhook delivered by the database: run r1 is in the ledger"],
        ["flow started in Prefect: video-initial-processing, flow run f1"],
        [],
        [
            "frames read",
            "median-ocr queued in the ledger (v1:0)",
            "layout found: captions within 0.100, 0.800, 0.900, 1.000 (left, top, right, bottom)",
        ],
        [],
    ]


def test_retry_is_told():
    """A failed attempt that will be made again says why."""
    run = {
        "id": "r1",
        "video_id": "v",
        "flow": "crop-and-infer",
        "subject": "v1",
        "state": "running",
        "created_at": "1",
    }
    failed = run | {"state": "queued", "error": {"code": "store", "message": "It is away."}}
    assert list(tell(snapshot(run), snapshot(failed))) == [
        "crop-and-infer will be tried again: It is away."
    ]
