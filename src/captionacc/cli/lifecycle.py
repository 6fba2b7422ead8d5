"""What ends work, or holds it for a while: cancel, delete, restore, pause and resume."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from captionacc.cli.client import connect
from captionacc.cli.lookup import choose, find_video
from captionacc.cli.views import VideoView

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_cancel(wanted: str | None, *, api_url: str | None, as_json: bool) -> int:
    """Cancel all work on a video and print the runs' ids; returns the exit code.

    Raises:
        CaptionAccError: nothing is done for it, or the API refuses.
    """
    with connect(api_url) as client:
        video = find_video(client, wanted)
        answer = client.post(f"/v1/videos/{video.id}/actions/cancel")
    _print(answer["run_ids"], answer, as_json=as_json)
    return 0


def run_delete(wanted: str, *, api_url: str | None, as_json: bool) -> int:
    """Delete a video and print its id; returns the exit code.

    Raises:
        CaptionAccError: there is no such video, or the API refuses.
    """
    with connect(api_url) as client:
        video = find_video(client, wanted)
        client.request("DELETE", f"/v1/videos/{video.id}")
        deleted = client.get("/v1/deleted-videos")["videos"]
    purge_at = next((one["purge_at"] for one in deleted if one["id"] == video.id), None)
    _print([video.id], {"video_id": video.id, "purge_at": purge_at}, as_json=as_json)
    if purge_at is not None and not as_json:
        sys.stderr.write(f"`captionacc restore {video.id}` brings it back until {purge_at}.\n")
    return 0


def run_restore(wanted: str | None, *, api_url: str | None, as_json: bool) -> int:
    """Have a deleted video back, the last one if none is named; returns the exit code.

    Raises:
        CaptionAccError: there is no such deleted video, or the API refuses.
    """
    with connect(api_url) as client:
        deleted = client.get("/v1/deleted-videos")["videos"]
        videos = [VideoView.model_validate(one) for one in deleted]
        video = choose(videos[:1] if wanted is None else videos, wanted or _first_id(videos))
        answer = client.post(f"/v1/videos/{video.id}/actions/restore")
    _print([video.id], answer, as_json=as_json)
    return 0


def run_pause(reason: str | None, *, api_url: str | None, as_json: bool) -> int:
    """Have no more work begin, and print why; returns the exit code.

    Raises:
        CaptionAccError: the API refuses.
    """
    with connect(api_url) as client:
        body = None if reason is None else {"reason": reason}
        answer = client.post("/v1/tenant/actions/pause", body)
    _print_holds(answer, as_json=as_json)
    return 0


def run_resume(*, api_url: str | None, as_json: bool) -> int:
    """Have work begin again, and print what else holds it; returns the exit code.

    Raises:
        CaptionAccError: the operator has paused it, or the API refuses.
    """
    with connect(api_url) as client:
        answer = client.post("/v1/tenant/actions/resume")
    _print_holds(answer, as_json=as_json)
    return 0


def _first_id(videos: Sequence[VideoView]) -> str:
    return videos[0].id if videos else "any"


def _print_holds(tenant: dict[str, Any], *, as_json: bool) -> None:
    reasons = [f"waiting: {hold['reason']}" for hold in tenant["holds"]]
    _print(reasons or ["running"], tenant, as_json=as_json)


def _print(lines: Sequence[str], answer: object, *, as_json: bool) -> None:
    said = json.dumps(answer, ensure_ascii=False) if as_json else "\n".join(lines)
    sys.stdout.write(f"{said}\n")
