"""What a person sees of the progress."""

import os
import subprocess
import sys
from itertools import pairwise

from captionacc.cli.display import LineDisplay, make_display, overall_fraction
from captionacc.compute.progress import Phase


def test_overall_fraction_never_goes_back():
    """Through all phases in order the whole only grows, from 0 to 1."""
    shown = [overall_fraction(phase, part) for phase in Phase for part in (0.0, 0.5, 1.0)]
    assert shown[0] == 0
    assert abs(shown[-1] - 1) < 1e-9
    assert all(before <= after for before, after in pairwise(shown))


def test_lines_tell_phase_percentage_and_speed(capsys):
    """Where stderr is no terminal, each phase gets a line, and stdout nothing."""
    display = LineDisplay()
    display.start("film.mkv")
    display.report(Phase.PROBE, 0.0)
    display.report(Phase.BOUNDARIES, 0.5, 12.34)
    display.report(Phase.BOUNDARIES, 0.51, 12.34)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0] == "film.mkv:   0% probe"
    assert "51% find boundaries (12.3x real time," in err.splitlines()[1]
    assert len(err.splitlines()) == 2


def test_quiet_shows_only_what_is_said(capsys):
    """Quiet means no progress, but warnings and errors still come."""
    with make_display(quiet=True) as display:
        display.start("film.mkv")
        display.report(Phase.PROBE, 0.5)
        display.say("Warning: something")
    assert capsys.readouterr() == ("", "Warning: something\n")


def test_terminal_shows_a_bar_and_stdout_stays_clean():
    """With stderr on a terminal a bar is drawn there, and results alone go to stdout."""
    program = (
        "import sys\n"
        "from captionacc.cli.display import RichDisplay, make_display\n"
        "from captionacc.compute.progress import Phase\n"
        "with make_display() as display:\n"
        "    assert isinstance(display, RichDisplay)\n"
        "    display.start('film.mkv')\n"
        "    display.report(Phase.BOUNDARIES, 0.5, 12.34)\n"
        "    display.say('Warning: something')\n"
        "    sys.stdout.write('result\\n')\n"
        "    display.finish()\n"
    )
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", program]
    env = {**os.environ, "TERM": "xterm"}
    done = subprocess.run(  # our own interpreter and program
        command,
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=True,
        env=env,
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.stdout == b"result\n"
    assert "Warning: something" in shown
    assert "film.mkv" in shown
    assert "12.3x real time" in shown
