"""Measured processes."""

import json
import sys

import pytest

import harness


def test_measures_the_whole_process_tree():
    """Memory of a child counts, and so does what the process prints."""
    child = "import time; block = bytearray(120_000_000); time.sleep(0.5)"
    code = f"import subprocess, sys; print(subprocess.call([sys.executable, '-c', {child!r}]))"
    measured = harness.measure([sys.executable, "-c", code])
    assert measured.stdout.strip() == "0"
    assert measured.peak_rss_mb > 120
    assert measured.wall_s > 0.5
    assert measured.cpu_s > 0


def test_failing_command_is_an_error_with_its_output():
    """A benchmark never goes on with the figures of a command that failed."""
    with pytest.raises(harness.BenchmarkError, match=r"exit code 7: (?s:.*)out of luck"):
        harness.measure(
            [sys.executable, "-c", "import sys; print('out of luck', file=sys.stderr); sys.exit(7)"]
        )


def test_result_is_the_last_line_and_a_file(tmp_path, monkeypatch, capsys):
    """The last line printed is the JSON object that is kept."""
    monkeypatch.setattr(harness, "RESULTS", tmp_path)
    harness.write_result("speed", {"realtime_factor": 9.5})
    last = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(last) == json.loads((tmp_path / "speed.json").read_text())
