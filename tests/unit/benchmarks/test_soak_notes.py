"""What the soak reads from the notes of compute calls."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks" / "soak"))
from notes import read_calls, repeated


def written(folder, *lines):
    """The calls of these notes, one second apart."""
    path = folder / "notes"
    path.write_text("".join(f"{line} {at}.0\n" for at, line in enumerate(lines)))
    return read_calls(path)


def test_call_is_known_by_what_it_did_when(tmp_path):
    """Phases are told apart, also of a call that was killed and of one beside it."""
    first, second = written(
        tmp_path, "begin k v 1", "probe k v 1", "begin k v 2", "probe k v 2", "stored k v 2"
    )
    assert (first.stored, second.stored) == (None, 4.0)
    assert [first.phase_at(at) for at in (0.5, 1.2, 1.6)] == ["begin", "probe", None]
    assert [second.phase_at(at) for at in (1.0, 3.9, 4.0)] == [None, "probe", None]


def test_work_that_was_stored_must_not_begin_again(tmp_path):
    """A second beginning is allowed until the result is stored; a result that is found is none."""
    until_then = ("begin k v 1", "begin k v 2", "stored k v 2", "stored k v 3", "begin l v 3")
    assert not repeated(written(tmp_path, *until_then))
    (again,) = repeated(written(tmp_path, *until_then, "begin k v 4"))
    assert again.pid == 4
