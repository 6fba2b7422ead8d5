"""The commands of other tools that the documentation and the hints name."""

import re
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore import xform_name

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


def iam_commands():
    """Each ``aws iam`` command of the documentation with its options."""
    page = (ROOT / "docs" / "infrastructure.md").read_text(encoding="utf-8")
    whole = page.replace("\\\n", " ")
    for line in re.findall(r"^aws iam (.+)$", whole, re.MULTILINE):
        command, *words = line.split()
        yield command, {word.removeprefix("--") for word in words if word.startswith("--")}


@pytest.mark.parametrize(("command", "options"), sorted(iam_commands(), key=str))
def test_aws_command_exists(command, options):
    """The AWS command line is made from the same model of the service as its Python client."""
    model = boto3.client("iam", region_name="us-east-1").meta.service_model
    operation = {xform_name(name, "-"): name for name in model.operation_names}[command]
    shape = model.operation_model(operation).input_shape
    members = {xform_name(name, "-") for name in shape.members}
    required = {xform_name(name, "-") for name in shape.required_members}
    assert required <= options <= members


def test_rules_of_the_bucket_are_named_in_full():
    """What a person has to fill in is what is said to be filled in."""
    for path in sorted((ROOT / "deploy" / "s3").glob("*.json")):
        assert set(re.findall(r"\$\{(\w+)\}", path.read_text(encoding="utf-8"))) <= {
            "account",
            "bucket",
            "origin",
        }
