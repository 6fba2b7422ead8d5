"""The tool that makes the virtual environment."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "tools" / "setup.py"


@pytest.fixture
def setup_tool(tmp_path, monkeypatch):
    """The script, at work in an empty project."""
    spec = importlib.util.spec_from_file_location("setup_tool", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    venv = tmp_path / ".venv"
    venv.mkdir()
    (tmp_path / "requirements").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]")
    for part in {part for parts in module.PARTS.values() for part, _ in parts}:
        (tmp_path / "requirements" / f"{part}.txt").write_text(part)
    (tmp_path / "package-lock.json").write_text("{}")
    (tmp_path / "engine.wasm").touch()
    paths = {
        "ROOT": tmp_path,
        "PACKAGE_LOCK": tmp_path / "package-lock.json",
        "SYNC_ENGINE": tmp_path / "engine.wasm",
        "VENV": venv,
        "LOCK": venv / ".lock",
        "MARKER": venv / ".unfinished",
        "PYTHON": Path(module.sys.executable),
        "LOG": tmp_path / ".setup.log",
    }
    for name, path in paths.items():
        monkeypatch.setattr(module, name, path)
    return module


@pytest.fixture
def finished(setup_tool):
    """The same with an environment that was finished."""
    setup_tool.stamp_path("test").write_text(setup_tool.stamp("test", setup_tool.venv_version()))
    return setup_tool


def test_finished_environment_is_left_alone(finished):
    """Nothing is done again while the locks, the project, Python and the place are the same."""
    assert finished.is_ready("test", same_version=True)
    assert not finished.is_ready("demo")


@pytest.mark.parametrize("file", ["pyproject.toml", "requirements/dev.txt", "package-lock.json"])
def test_changed_lock_means_an_update(finished, file):
    """A new lock or new metadata is installed, into the environment that is there."""
    (finished.ROOT / file).write_text("changed")
    assert not finished.is_ready("test")
    assert finished.can_be_updated()


def test_lost_engine_is_put_back(finished):
    """What the set-up puts beside our code is put there again if it is gone."""
    finished.SYNC_ENGINE.unlink()
    assert not finished.is_ready("test")
    assert finished.can_be_updated()


@pytest.mark.parametrize("changed", ["src/main.tsx", "package-lock.json", "public/theme.js"])
def test_changed_page_is_built_again(tmp_path, monkeypatch, changed):
    """The built page is of the sources as they are, or it is built anew."""
    monkeypatch.syspath_prepend(SCRIPT.parent)
    page_files = importlib.import_module("page_files")
    monkeypatch.setattr(page_files, "WEB", tmp_path / "web")
    monkeypatch.setattr(page_files, "STAMP", tmp_path / ".built-from")
    source = tmp_path / "web" / changed
    source.parent.mkdir(parents=True)
    source.write_text("before")
    assert not page_files.is_current()
    page_files.STAMP.write_text(page_files.digest())
    assert page_files.is_current()
    source.with_name("main.test.ts").write_text("a test")
    assert page_files.is_current()
    source.write_text("after")
    assert not page_files.is_current()


def test_interrupted_environment_is_not_trusted(finished):
    """What an interruption left is neither used nor updated, but built anew."""
    finished.MARKER.touch()
    assert not finished.is_ready("test")
    assert not finished.can_be_updated()


def test_moved_environment_is_not_trusted(finished, monkeypatch):
    """Scripts hold the path of their environment, so a moved one is built anew."""
    moved = finished.ROOT / "moved"
    finished.VENV.rename(moved)
    monkeypatch.setattr(finished, "VENV", moved)
    assert not finished.is_ready("test")
    assert not finished.can_be_updated()


def test_environment_without_its_python_is_not_trusted(finished, monkeypatch):
    """An environment whose Python was uninstalled is built anew."""
    monkeypatch.setattr(finished, "PYTHON", finished.VENV / "gone")
    assert not finished.is_ready("test")
    assert not finished.can_be_updated()


def test_emptying_keeps_the_marker(setup_tool):
    """An interruption while the old environment is removed is noticed by the next run."""
    setup_tool.MARKER.touch()
    (setup_tool.VENV / "lib").mkdir()
    (setup_tool.VENV / "lib" / "module.py").touch()
    (setup_tool.VENV / "lib64").symlink_to("lib")
    setup_tool.empty_venv()
    assert list(setup_tool.VENV.iterdir()) == [setup_tool.MARKER]


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("NewConnectionError('...: Failed to establish a new connection')", "cannot be reached"),
        ("npm error code ENOTFOUND", "npm registry cannot be reached"),
        ("ERROR: No matching distribution found for av==18.1.0", "no build of a locked library"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE FILE", "differs from the lock"),
        ("line\nERROR: something of pip's own\nhint", "ERROR: something of pip's own"),
        ("", "without a word"),
    ],
)
def test_failure_is_explained_in_one_line(setup_tool, said, advice):
    """Of pages of output a person gets the one line that says what to do."""
    explained = setup_tool.explain(said)
    assert advice in explained
    assert "\n" not in explained


def test_offline_wins_over_its_consequence(setup_tool):
    """Without a network pip also says that it found no distribution; the network is the cause."""
    said = "WARNING: NewConnectionError\nERROR: No matching distribution found for av==18.1.0"
    assert "cannot be reached" in setup_tool.explain(said)
