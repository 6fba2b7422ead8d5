"""What a person is told of a video."""

from datetime import UTC, datetime

import pytest

from captionacc.cli.advice import advise
from captionacc.cli.views import VideoView

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
QUEUED = {"flow": "median-ocr", "state": "queued", "created_at": "2026-01-01T11:59:50+00:00"}
RUNNING = {**QUEUED, "state": "running", "heartbeat_at": "2026-01-01T11:59:58+00:00"}


def told(work=None, error=None, layout="annotate", captions="wait", **more):
    """What is said of a video like this, at noon."""
    given = {
        "id": "the-id",
        "title": "t",
        "status": "error" if error and layout == "error" else "active",
        "layout_status": layout,
        "captions_status": captions,
        "text_status": "wait",
        "created_at": "2026-01-01T11:00:00Z",
        "work": work,
        "error": error,
        "crop_region": (0, 0, 1, 1),
        **more,
    }
    return advise(VideoView.model_validate(given), NOON)


@pytest.mark.parametrize(
    ("video", "said"),
    [
        ({}, "captionacc approve the-id"),
        ({"crop_region": None}, "No captions were found"),
        ({"layout": "wait"}, "It was not begun yet"),
        ({"captions": "annotate", "caption_count": 3}, "captionacc export the-id"),
        ({"work": RUNNING | {"phase": "read", "progress": 0.5}}, "Reading them: read, 50%"),
        ({"work": QUEUED}, "waits for its turn."),
        ({"work": QUEUED | {"held_by": "The disk is full."}}, "The disk is full."),
        ({"work": QUEUED | {"created_at": "2026-01-01T11:30:00Z"}}, "has waited 30 min"),
        ({"work": RUNNING | {"heartbeat_at": "2026-01-01T11:59:00Z"}}, "no sign of life for 60 s"),
    ],
)
def test_it_is_said_what_goes_on_or_what_to_do(video, said):
    """Work in progress, held, waiting or silent, and what a person may do next."""
    assert said in told(**video)


def test_failed_attempts_are_told():
    """A run that is tried again says after what."""
    error = {"code": "store", "message": "The store does not answer.", "hint": ""}
    assert "after attempt 1: The store does not answer." in told(
        QUEUED | {"attempt": 1, "error": error}
    )


@pytest.mark.parametrize(("code", "helps"), [("store", True), ("not_a_video", False)])
def test_failures_are_told_with_what_helps(code, helps):
    """A retry is proposed where it may help, and never for what cannot be processed."""
    error = {"code": code, "message": "It failed.", "hint": "Mend it."}
    said = told(error=error, layout="error")
    assert said.startswith("It failed. Mend it.")
    assert ("captionacc retry the-id" in said) == helps
