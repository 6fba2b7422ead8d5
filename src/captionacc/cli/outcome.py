"""Where a video stands: at work, waiting for a person, ready, or failed."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.cli.views import RunView, VideoView


class Outcome(StrEnum):
    """What a person who waits for the video should know."""

    WORKING = "working"
    LAYOUT_TO_APPROVE = "layout_to_approve"
    NO_CAPTIONS = "no_captions"
    READY = "ready"
    FAILED = "failed"


def judge(video: VideoView, runs: Sequence[RunView]) -> Outcome:
    """The outcome, from the video's statuses and what is still to be done for it."""
    if any(run.is_active for run in runs):
        return Outcome.WORKING
    stages = (video.status, video.layout_status, video.captions_status, video.text_status)
    if "error" in stages:
        return Outcome.FAILED
    if _has_captions(video):
        return Outcome.NO_CAPTIONS if video.caption_count == 0 else Outcome.READY
    if video.layout_status == "annotate":
        return Outcome.LAYOUT_TO_APPROVE if video.crop_region else Outcome.NO_CAPTIONS
    return Outcome.WORKING


def _has_captions(video: VideoView) -> bool:
    return video.captions_status in {"annotate", "done"}
