"""The web page in a real browser, against the running platform."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from captionacc.cli.truth import read_truth

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def in_browser(stack, tmp_path):
    """Runs a scenario of ``web/e2e``; on failure, what the page looked like is left behind."""

    def run(scenario, **given):
        given = {"url": stack.api_url, "pictures": str(tmp_path)} | given
        command = [sys.executable, ROOT / "tools" / "web.py", "npm", "run", "--silent", scenario]
        done = subprocess.run(
            [*command, "--", json.dumps(given)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\nsee {tmp_path}"
        return done.stdout

    return run


@pytest.fixture(scope="module")
def long_file(clips, tmp_path_factory):
    """The plain clip, made so long by an empty box at its end that it needs three parts."""
    path = tmp_path_factory.mktemp("long") / "evening.mp4"
    size = 18 << 20
    box = size.to_bytes(4, "big") + b"free" + bytes(size - 8)
    path.write_bytes(clips["plain"].video.read_bytes() + box)
    return path


@pytest.fixture
def newcomer(stack):
    """Nobody's videos are in the list when the page is opened."""
    with httpx.Client(base_url=stack.api_url) as client:
        token = client.post("/v1/session").json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        while videos := client.get("/v1/videos").raise_for_status().json()["videos"]:
            for video in videos:
                client.delete(f"/v1/videos/{video['id']}").raise_for_status()


@pytest.mark.usefixtures("newcomer")
def test_whole_flow(in_browser, long_file, odd_videos, clips, tmp_path):
    """From an interrupted upload to subtitles that are as corrected, and nothing complains."""
    cues, fps = read_truth(clips["plain"].truth)
    exported = tmp_path / "exported.json"
    corrected = [f"{cue.text} (seen by a person)" for cue in cues[:3]]
    in_browser(
        "e2e",
        file=str(long_file),
        title=long_file.name,
        noVideo=str(odd_videos["text_file"]),
        parts=3,
        texts=corrected,
        exported=str(exported),
    )
    captions = json.loads(exported.read_text())["captions"]
    assert "Written offline." in [one["text"] for one in captions]
    expected = corrected + [cue.text for cue in cues[3:]]
    for one, cue, text in zip(captions, cues, expected, strict=True):
        assert one["text"] in {text, f"{text} (second tab)", "Written offline."}
        assert abs(one["start_s"] - cue.start_s) < 1.5 / fps
        assert abs(one["end_s"] - cue.end_s) < 1.5 / fps
