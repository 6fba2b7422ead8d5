"""Writers that are killed at any moment."""

import re
import subprocess
import sys
from pathlib import Path

KILLS = 120


def test_killed_writers_lose_nothing(tmp_path):
    """Of what a killed writer has told as committed, everything is there, and nothing by halves."""
    script = Path(__file__).with_name("killed.py")
    command = [sys.executable, script, tmp_path, str(KILLS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    kills, commits, logs = map(int, re.findall(r"\d+", done.stdout))
    assert kills == KILLS
    assert commits > KILLS
    assert logs > KILLS / 4
