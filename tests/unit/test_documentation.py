"""The documentation says all there is, and nothing that is not."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from captionacc import errors
from captionacc.cli.main import app
from captionacc.settings import ENV_PREFIX, Settings, variable_name

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
MARKDOWN = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

COMMAND = typer.main.get_command(app)
ERRORS = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, errors.CaptionAccError)
]
TARGETS = set(re.findall(r"^([a-z][a-z-]*):.*## ", MAKEFILE, re.MULTILINE))


def table_rows(text):
    """The cells of each row of the tables in ``text``, without the spaces around them."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows]


def options():
    """Each option of each command, by its command and longest name."""
    for name, command in {"": COMMAND, **COMMAND.commands}.items():
        for parameter in command.params:
            if parameter.param_type_name == "option":
                yield f"{name} {max(parameter.opts, key=len)}".strip()


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_setting_is_documented(field):
    """Each setting has a row that says its variable, default and meaning."""
    (row,) = [row for row in table_rows(OPERATIONS) if row[0] == f"`{variable_name(field)}`"]
    assert all(row)


def test_no_other_setting_is_documented():
    """A variable that was renamed or removed leaves the documentation too."""
    named = set(re.findall(rf"{ENV_PREFIX}[A-Z0-9_]+", README + OPERATIONS)) - {ENV_PREFIX}
    assert named <= {variable_name(field) for field in Settings.model_fields}


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_setting_has_an_effect(field):
    """Each setting is read by some part of the program."""
    assert re.search(rf"settings(\(\))?\.{field}\b|[\"']{field}[\"'][)\]]", SOURCES)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_error_is_documented(error):
    """Each error code has a row with its exit code and what to do."""
    (row,) = [row for row in table_rows(OPERATIONS) if row[0] == f"`{error.code}`"]
    assert row[1] == str(error.exit_code)
    assert row[2]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_exit_code_is_documented(error):
    """Each exit code that an error can cause is in the README's table."""
    assert str(error.exit_code) in {row[0] for row in table_rows(README)}


@pytest.mark.parametrize("name", sorted(COMMAND.commands))
def test_command_is_documented(name):
    """Each command is listed."""
    assert f"captionacc {name}" in OPERATIONS


@pytest.mark.parametrize("option", sorted(options()))
def test_option_is_documented(option):
    """Each option of each command is explained."""
    assert re.search(rf"`[^`]*{re.escape(option.split()[-1])}\b[^`]*`", README + OPERATIONS)


def test_documented_options_exist():
    """The README's table of options holds none that the command refuses."""
    documented = {
        name for row in table_rows(README) for name in re.findall(r"`(--[a-z-]+)", row[0])
    }
    known = {option.removeprefix("process ") for option in options()}
    assert documented
    assert documented <= known


def test_make_targets_of_the_readme_exist():
    """Each ``make`` command in the documentation can be typed."""
    typed = set(re.findall(r"[`\n]make ([a-z][a-z-]*)", README + OPERATIONS))
    assert typed
    assert typed <= TARGETS


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_make_target_is_documented(target):
    """Each target that ``make help`` lists is in the README."""
    assert re.search(rf"make {target}(?![\w-])", README)


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Each relative link names a file or folder of the repository."""
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("folder", sorted(p.name for p in (ROOT / "src/captionacc").iterdir()))
def test_folder_is_in_the_readme(folder):
    """The README's map shows every part of the package."""
    if not folder.startswith("__"):
        assert re.search(rf"^  {re.escape(folder)}/? ", README, re.MULTILINE)


def test_reference_is_current():
    """The generated pages say what the API and the migrations say now."""
    command = [sys.executable, str(ROOT / "tools" / "reference.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
