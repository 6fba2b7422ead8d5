"""The commands of Modal that the documentation and the hints name."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = "\n".join(
    path.read_text(encoding="utf-8")
    for path in (
        ROOT / "docs" / "modal-integration.md",
        ROOT / "docs" / "infrastructure.md",
        *(ROOT / "src" / "captionacc" / "compute" / "backends").glob("*.py"),
        *(ROOT / "src" / "captionacc" / "deployment").glob("*.py"),
    )
)
GROUPS = {"app", "secret", "token"}
COMMANDS = {
    f"{first} {second}" if first in GROUPS else first
    for first, second in re.findall(r"\.venv/bin/modal (\w+) (\w+)", TEXTS)
}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_command_exists(command):
    """The installed client knows each command, so that nobody types one in vain."""
    modal = Path(sys.executable).with_name("modal")
    told = subprocess.run(
        [modal, *command.split(), "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 0, told.stderr
    assert command.split()[-1] in told.stdout


def test_commands_are_found():
    """The documentation still names them."""
    assert {"token new", "secret create", "deploy", "run", "app logs"} <= COMMANDS
