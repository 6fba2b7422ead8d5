"""How the web page feels: a video of two hours with 2,000 captions, in a real browser.

``key_to_paint_p95_ms``: from a key to the end of the frame that shows what it did, over frame
steps, jumps between captions, nudged boundaries, typing, confirming and undoing.
``first_paint_s``: from opening the editor's address, with nothing cached, to the captions and the
picture of the current one; the median of five. ``heap_mb``: what the page holds (JavaScript, the
DOM and buffers) after ``--minutes`` of scrubbing. ``bundle_kb``: what the browser loads before it
shows the list of videos, compressed, in kB; the engine of the sync client is no part of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from captionacc.api.page import STATIC
from captionacc.stack.supervisor import running_stack
from harness import ROOT, BenchmarkError, write_result
from long_video import CAPTION_COUNT, DURATION_S, LongVideo

_TOOL = ROOT / "tools" / "web.py"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of scrubbing")
    minutes = parser.parse_args().minutes
    with (
        tempfile.TemporaryDirectory(prefix="captionacc-bench-") as folder,
        running_stack(Path(folder, "data")) as stack,
    ):
        video = LongVideo(stack)
        video.make()
        url = f"{stack.api_url}/videos/{video.id}/captions"
        measured = _in_browser({"url": url, "minutes": minutes})
    bundle = _bundle_kb("index.html")
    _show(measured, bundle, minutes)
    write_result(
        "web",
        {
            "key_to_paint_p95_ms": measured["keyP95Ms"],
            "first_paint_s": measured["firstPaintS"],
            "heap_mb": measured["heapMb"],
            "bundle_kb": bundle,
        },
    )


def _in_browser(given: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, _TOOL, "npm", "run", "--silent", "bench", "--", json.dumps(given)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603  # our own
    if done.returncode != 0:
        raise BenchmarkError("The browser's part failed.")
    return json.loads(done.stdout.strip().splitlines()[-1])


def _bundle_kb(entry: str) -> float:
    """Scripts and styles that belong to the entry, as they are sent."""
    manifest = json.loads((STATIC / ".vite" / "manifest.json").read_text(encoding="utf-8"))
    wanted, seen, files = [entry], set[str](), set[str]()
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen.add(name)
            chunk = manifest[name]
            wanted += chunk.get("imports", [])
            files |= {chunk["file"], *chunk.get("css", [])}
    return round(sum((STATIC / f"{file}.gz").stat().st_size for file in files) / 1000, 1)


def _show(measured: dict[str, Any], bundle: float, minutes: float) -> None:
    table = Table(title=f"{DURATION_S / 3600:.1f} h, {CAPTION_COUNT} captions")
    for heading in ("what", "count", "median", "95 %", "most"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for name, one in measured["keys"].items():
        cells = (f"{one[part]:.1f} ms" for part in ("p50", "p95", "most"))
        table.add_row(name, str(one["count"]), *cells)
    console = Console()
    console.print(table)
    console.print(
        f"first useful paint {measured['firstPaintS']:.2f} s;"
        f" {measured['heapMb']:.0f} MB after {minutes:g} minutes of scrubbing,"
        f" {measured['heapAtFirstMb']:.0f} MB at first;"
        f" {bundle:.0f} kB before the list of videos shows,"
        f" {_bundle_kb('src/captions/CaptionsPage.tsx'):.0f} kB with the editor",
        highlight=False,
    )


if __name__ == "__main__":
    main()
