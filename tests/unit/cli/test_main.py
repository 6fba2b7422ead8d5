"""The program's edge: exit codes, messages, and how fast it starts."""

import subprocess
import sys

import pytest

import captionacc
from captionacc.cli import main
from captionacc.errors import (
    CancelledError,
    DiskFullError,
    InternalError,
    MissingDependencyError,
    NotAVideoError,
    OutputNotWritableError,
    UsageError,
)
from captionacc.settings import get_settings

HEAVY = ("av", "cv2", "numpy", "onnxruntime", "pydantic", "obstore", "rich.progress")


@pytest.fixture
def run_with(monkeypatch, tmp_path):
    """The exit code of a command that raises ``error``, called with these arguments."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(main, "treat_as_interrupt", lambda: None)
    get_settings.cache_clear()

    def run(error, *arguments):
        def command():
            raise error

        monkeypatch.setattr(main, "app", command)
        monkeypatch.setattr(sys, "argv", ["captionacc", *arguments])
        with pytest.raises(SystemExit) as ended:
            main.run()
        return ended.value.code

    yield run
    get_settings.cache_clear()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("m", "h"), 2),
        (OutputNotWritableError("m", "h"), 2),
        (NotAVideoError("m", "h"), 3),
        (MissingDependencyError("m", "h"), 5),
        (DiskFullError("m", "h"), 1),
        (InternalError("m", "h"), 1),
        (CancelledError("m", "h"), 130),
        (KeyboardInterrupt(), 130),
        (RuntimeError("m"), 1),
    ],
)
def test_each_cause_has_its_exit_code(run_with, error, code):
    """The exit code tells the cause."""
    assert run_with(error) == code


def test_known_errors_are_two_lines_without_traceback(run_with, capsys):
    """The person sees what went wrong and what to do, on stderr, and nothing else."""
    run_with(NotAVideoError("This is no video.", "Give a video."))
    assert capsys.readouterr() == ("", "Error: This is no video.\nGive a video.\n")


def test_debug_shows_the_traceback(run_with, capsys):
    """With --debug the traceback comes first."""
    run_with(NotAVideoError("This is no video."), "--debug")
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_bug_goes_to_the_log(run_with, capsys, tmp_path):
    """A bug prints where the log is, and the log holds the traceback."""
    run_with(ZeroDivisionError("by zero"))
    err = capsys.readouterr().err
    log = tmp_path / "captionacc" / "captionacc.log"
    assert str(log) in err
    assert "Traceback" not in err
    assert "ZeroDivisionError: by zero" in log.read_text()


def test_help_loads_no_heavy_library():
    """Help and version appear at once because the pipeline's libraries stay unloaded."""
    program = (
        "import sys; sys.argv = ['captionacc', '--help']\n"
        "from captionacc.cli import main\n"
        "try: main.run()\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(  # our own interpreter and program
        command, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "process" in done.stdout


def test_version_is_shown(capsys, monkeypatch):
    """--version prints name and version."""
    monkeypatch.setattr(main, "treat_as_interrupt", lambda: None)
    monkeypatch.setattr(sys, "argv", ["captionacc", "--version"])
    with pytest.raises(SystemExit) as ended:
        main.run()
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"captionacc {captionacc.__version__}\n"
