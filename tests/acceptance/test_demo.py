"""The demo: everything on one machine, from pixels to subtitles."""

import re
import signal

import httpx
import psutil
import pytest

pytestmark = pytest.mark.slow

STEPS = (
    "API is ready",
    "uploaded in parts",
    "webhook delivered by the database",
    "flow started in Prefect: video-initial-processing",
    "layout found",
    "layout approved",
    "caption boundaries found",
    "captions read",
    "subtitles exported: 6 captions",
)


def children_of(process):
    """All processes that it has started, directly or not."""
    return psutil.Process(process.pid).children(recursive=True)


def test_demo_shows_subtitles_and_stays(command):
    """Each step is told, the subtitles are exact, and all services stay until Ctrl-C."""
    process = command.start("demo")
    try:
        out = ""
        for line in process.stdout:
            out += line
            if "on the command line" in line:
                break
        assert "6 of 6 captions found, 6 read exactly, 6 timed within one frame" in " ".join(
            out.split()
        )
        api, _, prefect, _ = re.findall(r"http://127\.0\.0\.1:\d+", out)
        assert httpx.get(f"{api}/openapi.json", timeout=30).is_success
        assert httpx.get(f"{prefect}/api/health", timeout=30).is_success
        started = children_of(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0
    places = [err.find(step) for step in STEPS]
    assert places == sorted(places)
    assert places[0] >= 0
    assert "Traceback" not in err
    assert not [one for one in started if one.is_running()]
    assert command.leftovers() == []


def test_interrupted_demo_leaves_nothing(command):
    """Ctrl-C in the midst of it ends all services and removes what they kept."""
    process = command.start("demo", "--once")
    try:
        command.read_until(process, "Postgres is ready")
        started = children_of(process)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130
    assert started
    assert not [one for one in started if one.is_running()]
    assert command.leftovers() == []
