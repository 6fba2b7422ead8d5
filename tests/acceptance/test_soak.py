"""A minute of the soak."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak"
BAD = ("lost", "duplicated", "stuck", "orphans", "repeated_compute")


@pytest.mark.slow
def test_platform_survives_kills():
    """Processes are killed while people work: nothing is lost, done twice, stuck or left over."""
    done = subprocess.run(
        [sys.executable, SOAK, "--kills", "5", "--seconds", "30", "--no-recovery", "--no-file"],
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["kills"] > 0
    assert not any(result[kind] for kind in BAD)
