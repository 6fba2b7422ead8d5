"""Which video a person means: by id, the beginning of an id, title or file name, or the newest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from captionacc.cli.views import RunView, VideoView
from captionacc.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from captionacc.cli.client import Client

_PAGE: Final = 100
_SHOWN: Final = 5


def find_video(client: Client, wanted: str | None) -> VideoView:
    """The video that ``wanted`` names; the newest if it is ``None``.

    Raises:
        NotFoundError: there is none.
        UsageError: there are several.
    """
    if wanted is None:
        newest = next(list_videos(client, page=1), None)
        if newest is None:
            raise NotFoundError("There is no video yet.", "Add one with `captionacc upload FILE`.")
        return newest
    if _is_uuid(wanted):
        return get_video(client, wanted)
    return choose(list(list_videos(client)), wanted)


def choose(videos: Sequence[VideoView], wanted: str) -> VideoView:
    """The one video whose title is ``wanted``, else the one whose id begins with it.

    Raises:
        NotFoundError: none fits.
        UsageError: several do.
    """
    name = Path(wanted).name
    titled = [video for video in videos if name in {video.title, Path(video.title).stem}]
    found = titled or [video for video in videos if video.id.startswith(wanted.lower())]
    if not found:
        raise NotFoundError(f"No video is called {wanted!r}.", "`captionacc status` lists them.")
    if len(found) > 1:
        ids = ", ".join(video.id for video in found[:_SHOWN])
        raise UsageError(f"{len(found)} videos fit {wanted!r}: {ids}.", "Give the id of one.")
    return found[0]


def get_video(client: Client, video_id: str) -> VideoView:
    """The video.

    Raises:
        NotFoundError: there is none.
    """
    return VideoView.model_validate(client.get(f"/v1/videos/{video_id}"))


def get_runs(client: Client, video_id: str) -> list[RunView]:
    """All runs of the video, the newest first.

    Raises:
        NotFoundError: there is no such video.
    """
    runs = client.get(f"/v1/videos/{video_id}/runs")["runs"]
    found = [RunView.model_validate(run) for run in runs]
    return sorted(found, key=lambda run: run.created_at, reverse=True)


def list_videos(client: Client, page: int = _PAGE) -> Iterator[VideoView]:
    """All videos, the newest first, asked for in pages."""
    before: str | None = None
    while True:
        answer = client.get("/v1/videos", limit=page, before=before)
        yield from (VideoView.model_validate(video) for video in answer["videos"])
        before = answer.get("next")
        if before is None:
            return


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
