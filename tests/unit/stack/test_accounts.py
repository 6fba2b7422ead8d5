"""How an account without rights gets at Postgres' programs."""

from pathlib import Path

from captionacc.stack import accounts
from captionacc.stack.accounts import reachable_installation


def test_open_installation_is_used_as_it_is():
    """Nothing is copied where all can read."""
    assert reachable_installation(Path("/usr"), ("bin",), "x-1") == Path("/usr")


def test_closed_installation_is_copied_once(tmp_path, monkeypatch):
    """What lies in somebody's closed home is copied, the wanted parts alone, and used again."""
    monkeypatch.setattr(accounts, "_SHARED", tmp_path / "shared")
    closed = tmp_path / "closed"
    (closed / "wheel" / "bin").mkdir(parents=True)
    (closed / "wheel" / "bin" / "program").write_text("program")
    (closed / "other").mkdir()
    closed.chmod(0o700)
    copy = reachable_installation(closed, ("wheel/bin",), "x-1")
    assert (copy / "wheel" / "bin" / "program").read_text() == "program"
    assert not (copy / "other").exists()
    assert copy.stat().st_mode & 0o005 == 0o005
    assert reachable_installation(closed, ("wheel/bin",), "x-1") == copy
    assert [path.name for path in copy.parent.iterdir()] == ["x-1"]
