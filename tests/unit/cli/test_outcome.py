"""Where a video stands, and what is being done, told from its statuses and runs."""

import pytest

from captionacc.cli.lookup import choose
from captionacc.cli.outcome import Outcome, judge
from captionacc.cli.stages import describe_work
from captionacc.cli.views import RunView, VideoView
from captionacc.errors import NotFoundError, UsageError

REGION = (0.1, 0.8, 0.9, 0.95)


def video(status="active", layout="wait", captions="wait", text="wait", **more):
    """A video with these statuses."""
    fields = {"id": "5f0c", "title": "film.mp4", "created_at": "2026-01-01"} | more
    return VideoView(
        status=status, layout_status=layout, captions_status=captions, text_status=text, **fields
    )


def run(flow="median-ocr", state="running", **more):
    """A run in this state."""
    fields = {"id": "r", "video_id": "v", "subject": "", "created_at": "2026-01-01T00:00:01"} | more
    return RunView(flow=flow, state=state, **fields)


@pytest.mark.parametrize(
    ("found", "runs", "outcome"),
    [
        (video("processing"), [], Outcome.WORKING),
        (video("processing"), [run(state="queued")], Outcome.WORKING),
        (video(layout="annotate", crop_region=REGION), [], Outcome.LAYOUT_TO_APPROVE),
        (video(layout="annotate"), [], Outcome.NO_CAPTIONS),
        (video(layout="done"), [run("crop-and-infer")], Outcome.WORKING),
        (video(layout="done", captions="annotate", caption_count=3), [run()], Outcome.WORKING),
        (video(layout="done", captions="annotate", caption_count=3), [], Outcome.READY),
        (video(layout="done", captions="annotate", caption_count=0), [], Outcome.NO_CAPTIONS),
        (video("error"), [run(state="failed")], Outcome.FAILED),
        (video("error"), [run(state="failed"), run(state="queued")], Outcome.WORKING),
        (video(layout="error"), [], Outcome.FAILED),
        (video(layout="done", captions="annotate", text="error"), [], Outcome.FAILED),
    ],
)
def test_outcome(found, runs, outcome):
    """Work under way comes first, then failures, then what a person can do."""
    assert judge(found, runs) is outcome


def test_batches_count_together():
    """What is done of a flow is the mean over its batches; earlier versions' do not count."""
    runs = [
        run(state="running", progress=0.5, phase="read captions", created_at="5"),
        run(state="succeeded", progress=1.0, created_at="5"),
        run("crop-and-infer", "succeeded", created_at="4"),
        run(state="succeeded", progress=1.0, created_at="3"),
    ]
    work = describe_work(runs)
    assert work is not None
    assert (work.flow, work.doing, work.done) == ("median-ocr", "read captions", 0.75)


def test_waiting_and_idle():
    """A queued run waits for its turn; without active runs there is no work."""
    waiting = describe_work([run("crop-and-infer", "queued")])
    assert waiting is not None
    assert waiting.doing == "waiting for its turn"
    assert describe_work([run(state="failed")]) is None


def test_video_by_title_file_or_id():
    """A video is found by title, stem, path of the file, or the beginning of its id."""
    videos = [video(id="aa11"), video(id="ab22", title="other.mkv")]
    for name in ("film.mp4", "film", "/some/where/film.mp4", "AA"):
        assert choose(videos, name).id == "aa11"


def test_ambiguous_or_unknown_video():
    """Several that fit are named; none is told."""
    videos = [video(id="aa11"), video(id="ab22")]
    with pytest.raises(UsageError, match="aa11, ab22"):
        choose(videos, "film.mp4")
    with pytest.raises(UsageError, match="2 videos"):
        choose(videos, "a")
    with pytest.raises(NotFoundError):
        choose(videos, "c")
