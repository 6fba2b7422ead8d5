"""Logs that programs append to."""

from captionacc.stack.logs import keep_small


def test_large_log_is_set_aside(tmp_path):
    """A program that holds the file open goes on in an empty one; what was said is kept once."""
    log = tmp_path / "service.log"
    with log.open("ab", buffering=0) as program:
        program.write(b"old" * 10)
        keep_small(log, most_bytes=10)
        program.write(b"new")
    assert log.read_bytes() == b"new"
    assert (tmp_path / "service.log.1").read_bytes() == b"old" * 10


def test_small_log_stays(tmp_path):
    """Nothing happens to a log that is small, or not there."""
    log = tmp_path / "service.log"
    keep_small(log)
    log.write_bytes(b"few words")
    keep_small(log)
    assert [path.name for path in tmp_path.iterdir()] == ["service.log"]
