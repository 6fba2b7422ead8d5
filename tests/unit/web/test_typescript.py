"""The web page's own logic, by Node's test runner."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_typescript():
    """Every test beside the page's sources passes."""
    command = [sys.executable, str(ROOT / "tools" / "web.py"), "npm", "run", "--silent", "test"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
