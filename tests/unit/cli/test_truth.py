"""The demo's one line of comparison."""

import json

import pytest

from captionacc.cli.truth import TrueCue, compare, read_truth
from captionacc.model.results import Caption

CUES = [TrueCue("Hello there", 1.0, 2.0), TrueCue("Good bye", 3.0, 4.0)]


def test_all_found():
    """A line break in place of a space is no misreading."""
    captions = [Caption(1.0, 2.0, "Hello\nthere", 0.9), Caption(3.02, 4.0, "Good bye", 0.9)]
    line = compare(captions, CUES, 25.0)
    assert "2 of 2 captions found, 2 read exactly, 2 timed within one frame" in line
    assert "0 too many" in line


def test_missed_misread_late_and_extra_are_counted():
    """Each kind of error has its number."""
    captions = [Caption(1.5, 2.0, "Hella there", 0.9), Caption(8.0, 9.0, "What", 0.9)]
    line = compare(captions, CUES, 25.0)
    assert "1 of 2 captions found, 0 read exactly, 0 timed within one frame" in line
    assert "1 too many" in line


def test_truth_is_read_in_seconds(tmp_path):
    """Native frames become their PTS; the frame after the last one ends a frame later."""
    path = tmp_path / "clip.json"
    cues = [{"text": "a", "start": 0, "end": 3}]
    path.write_text(json.dumps({"fps": 10.0, "pts_s": [0.0, 0.1, 0.25], "cues": cues}))
    read, fps = read_truth(path)
    assert fps == 10.0
    assert read[0].end_s == pytest.approx(0.35)
