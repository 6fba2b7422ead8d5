"""Whether there is space for more work, on this machine's own disk."""

import shutil

import pytest

from captionacc.worker.disk import DiskGuard


@pytest.fixture
def free(tmp_path):
    """Bytes that are free now, more or less."""
    return shutil.disk_usage(tmp_path).free


def test_full_and_not(tmp_path, free):
    """A folder that is not there yet counts as the one that it will be in."""
    folder = tmp_path / "not" / "there"
    assert not DiskGuard([folder], free // 2).is_full
    full = DiskGuard([tmp_path, folder], free * 2)
    assert full.is_full
    assert "MB are free" in full.reason


def test_goes_on_only_with_space_to_spare(tmp_path, free):
    """Right at the limit work would begin and stop in turns."""
    guard = DiskGuard([tmp_path], free * 2)
    assert guard.is_full
    guard.least_bytes = int(free * 0.9)
    assert guard.is_full
    guard.least_bytes = int(free * 0.5)
    assert not guard.is_full
    guard.least_bytes = int(free * 0.9)
    assert not guard.is_full
