"""What a person asks of a video: approve its layout, try again, hand out its subtitles."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from captionacc.cli.client import connect
from captionacc.cli.display import make_display
from captionacc.cli.lookup import find_video
from captionacc.cli.outcome import Outcome
from captionacc.cli.outputs import STDOUT, Output
from captionacc.cli.watching import NO_CAPTIONS_EXIT_CODE, conclude, failure, load, watch
from captionacc.errors import ConflictError, UsageError
from captionacc.model.geometry import CropRegion

if TYPE_CHECKING:
    from captionacc.cli.client import Client
    from captionacc.cli.watching import Snapshot

_FORMATS: Final = ("srt", "vtt", "ass", "txt", "json")


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What ``export`` was told: where to, in which format, whether to wait for the reading."""

    out: Path | None = None
    format_name: str | None = None
    wait: bool = True
    as_json: bool = False


def run_approve(
    wanted: str | None,
    crop: str | None,
    *,
    wait: bool,
    api_url: str | None,
    as_json: bool,
    is_quiet: bool,
) -> int:
    """Approve a layout and print the run's id; returns the exit code.

    Raises:
        UsageError: the region is none.
        CaptionAccError: the API refuses, or with ``wait`` why the work failed.
    """
    region = None if crop is None else CropRegion.parse(crop)
    with connect(api_url) as client, make_display(quiet=is_quiet) as display:
        video = find_video(client, wanted)
        answer = approve(client, video.id, region)
        _print_answer(answer, as_json=as_json)
        if not wait:
            return 0
        snapshot = watch(client, video.id, display, as_json=as_json)
    return conclude(snapshot, as_json=as_json)


def approve(client: Client, video_id: str, region: CropRegion | None) -> dict[str, Any]:
    """Approve the layout with this region, or with the one that was found; the API's answer."""
    body = {} if region is None else {"crop_region": region.as_tuple()}
    return client.post(f"/v1/videos/{video_id}/actions/approve-layout", body)


def run_retry(wanted: str | None, *, api_url: str | None, as_json: bool) -> int:
    """Do failed work again and print the run's id; returns the exit code.

    Raises:
        CaptionAccError: nothing has failed, or the API refuses.
    """
    with connect(api_url) as client:
        video = find_video(client, wanted)
        _print_answer(client.post(f"/v1/videos/{video.id}/actions/retry"), as_json=as_json)
    return 0


def run_export(
    wanted: str | None, options: ExportOptions, *, api_url: str | None, is_quiet: bool
) -> int:
    """Write subtitles; returns the exit code: 4 if there are none.

    Raises:
        ConflictError: they are not read yet.
        OutputNotWritableError: the place refuses them.
        CaptionAccError: why the video failed, or the API's refusal.
    """
    with connect(api_url) as client, make_display(quiet=is_quiet) as display:
        video = find_video(client, wanted)
        name = options.format_name or _format_of(options.out)
        output = _output(options.out, f"{Path(video.title).stem or video.id}.{name}")
        output.check()
        snapshot = watch(client, video.id, display) if options.wait else load(client, video.id)
        _check_exportable(snapshot)
        text = fetch(client, video.id, name)
    if options.as_json:
        _print_export(video.id, name, output, text)
    else:
        output.write(text)
    return NO_CAPTIONS_EXIT_CODE if snapshot.outcome is Outcome.NO_CAPTIONS else 0


def fetch(client: Client, video_id: str, format_name: str) -> str:
    """The subtitles as a file's content."""
    path = f"/v1/videos/{video_id}/export"
    return client.request("GET", path, params={"format": format_name}).text


def _format_of(out: Path | None) -> str:
    ending = "" if out is None or out == STDOUT else out.suffix.lower().removeprefix(".")
    if ending in _FORMATS or not ending:
        return ending or _FORMATS[0]
    raise UsageError(f"{out} names no subtitle format.", f"Give --format: {', '.join(_FORMATS)}.")


def _output(out: Path | None, name: str) -> Output:
    if out is None:
        return Output(STDOUT)
    return Output(out / name if out.is_dir() else out)


def _check_exportable(snapshot: Snapshot) -> None:
    video = snapshot.video
    if video.captions_status in {"annotate", "done"}:
        return
    if snapshot.outcome is Outcome.FAILED:
        raise failure(snapshot)
    if snapshot.outcome is Outcome.WORKING:
        raise ConflictError(f"{video.title} is not read yet.", "`captionacc watch` waits for it.")
    raise ConflictError(
        f"The layout of {video.title} is not approved yet.",
        f"Approve it with `captionacc approve {video.id}`.",
    )


def _print_export(video_id: str, name: str, output: Output, text: str) -> None:
    answer: dict[str, Any] = {"video_id": video_id, "format": name}
    if output.is_stdout:
        answer |= {"output": None, "content": text}
    else:
        output.write(text)
        answer["output"] = str(output.path)
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")


def _print_answer(answer: dict[str, Any], *, as_json: bool) -> None:
    sys.stdout.write((json.dumps(answer) if as_json else str(answer["run_id"])) + "\n")
    sys.stdout.flush()
