"""Takes ``docs/screenshots/`` of a running platform: every page of the web page, light and dark.

The two pages that people work in are taken at the size of a tablet, too.

``--keep FOLDER`` works with the data of an earlier run in that folder, or leaves it there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from PIL import Image

from captionacc.samples import demo_clip, render_clip
from captionacc.stack.supervisor import running_stack

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from captionacc.samples import ClipSpec
    from captionacc.stack.supervisor import Stack

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
COMMAND = Path(sys.executable).with_name("captionacc")
COLOURS = 256
LATER = "the harbour.mp4"
EMPTY_BOX = (8).to_bytes(4, "big") + b"free"


def main() -> None:
    """Make the videos, take the pictures, make them small."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    keep: Path | None = parser.parse_args().keep
    place: AbstractContextManager[str] = (
        tempfile.TemporaryDirectory(prefix="captionacc-screenshots-")
        if keep is None
        else nullcontext(str(keep))
    )
    with place as name, running_stack(Path(name, "data")) as stack:
        _make_videos(stack, Path(name))
        _take(stack, Path(name))
    for picture in sorted(FOLDER.glob("*.png")):
        _make_small(picture)


def _make_videos(stack: Stack, folder: Path) -> None:
    """One read, one whose layout waits, one broken, one deleted; nothing, if they are there."""
    if _videos(stack):
        return
    read, waiting = _clips()
    films = [render_clip(spec, folder / spec.name).video for spec in (read, waiting)]
    # The same film to whoever looks, another file to the store.
    (folder / LATER).write_bytes(films[0].read_bytes() + EMPTY_BOX)
    broken = folder / "interrupted recording.mp4"
    broken.write_bytes(films[0].read_bytes()[:200_000])
    _captionacc(stack, "upload", str(films[0]))
    _captionacc(stack, "watch", films[0].name)
    _captionacc(stack, "approve", films[0].name, "--wait")
    _captionacc(stack, "upload", str(films[1]), "--folder", "season 1")
    _captionacc(stack, "watch", films[1].name)
    _captionacc(stack, "upload", str(broken))
    _captionacc(stack, "watch", broken.name, is_expected_to_fail=True)
    unwanted = folder / "test of the camera.mp4"
    unwanted.write_bytes(broken.read_bytes()[:-1])
    _captionacc(stack, "upload", str(unwanted))
    _captionacc(stack, "delete", unwanted.name)


def _clips() -> tuple[ClipSpec, ClipSpec]:
    demo = demo_clip()
    read = replace(demo, name="the canal streets", duration_s=40.0)
    return read, replace(demo, name="the bridge", texts=demo.texts[46:], seed=7)


def _take(stack: Stack, folder: Path) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    ids = {video["title"]: video["id"] for video in _videos(stack)}
    given = {
        "url": stack.api_url,
        "videoId": ids["the canal streets.mp4"],
        "layoutId": ids["the bridge.mp4"],
        "film": str(folder / LATER),
        "filmTitle": LATER,
        "folder": str(FOLDER),
    }
    tool = [sys.executable, str(ROOT / "tools" / "web.py"), "npm", "run", "--silent"]
    subprocess.run([*tool, "screenshots", "--", json.dumps(given)], check=True)


def _videos(stack: Stack) -> list[dict[str, str]]:
    session = httpx.post(f"{stack.api_url}/v1/session").raise_for_status().json()
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    answer = httpx.get(f"{stack.api_url}/v1/videos", headers=headers).raise_for_status()
    return answer.json()["videos"]


def _captionacc(stack: Stack, *arguments: str, is_expected_to_fail: bool = False) -> None:
    command = [COMMAND, *arguments, "--api-url", stack.api_url]
    subprocess.run(command, check=not is_expected_to_fail, capture_output=True)


def _make_small(picture: Path) -> None:
    """A palette is enough for pages, and saves three quarters."""
    with Image.open(picture) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE, kmeans=1).save(
            picture, optimize=True
        )


if __name__ == "__main__":
    main()
