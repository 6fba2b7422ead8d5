"""Lines of log files on their way to whoever watches."""

import io
import threading
import time

from captionacc.stack.relay import LogRelay


def wait_for(out, text):
    """Return once ``text`` was copied."""
    deadline = time.monotonic() + 20
    while text not in out.getvalue():
        assert time.monotonic() < deadline, out.getvalue()
        threading.Event().wait(0.02)


def test_new_lines_are_copied_whole(tmp_path):
    """What was there before is left out, and half a line waits for its end."""
    old, new = tmp_path / "api.log", tmp_path / "worker.log"
    old.write_text("long ago\n")
    out = io.StringIO()
    with LogRelay([old, new], out), old.open("a") as log:
        log.write("half")
        log.flush()
        new.write_text("first\nsecond\n")
        wait_for(out, "second")
        assert "half" not in out.getvalue()
        log.write(" and half\n")
    assert sorted(out.getvalue().splitlines()) == [
        "api: half and half",
        "worker: first",
        "worker: second",
    ]


def test_emptied_log_goes_on(tmp_path):
    """A log that became too large is emptied; what comes then is copied from its beginning."""
    log, out = tmp_path / "api.log", io.StringIO()
    with LogRelay([log], out, prefix=""):
        log.write_text("much\n" * 10)
        wait_for(out, "much\n" * 10)
        log.write_text("new\n")
    assert out.getvalue().endswith("much\nnew\n")
