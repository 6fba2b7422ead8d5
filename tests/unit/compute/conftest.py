"""What the tests of backends share."""

from pathlib import Path

import pytest

from captionacc.compute.backends.process import WorkerOptions

RUNNER = "misbehaving_runner:run_job"


@pytest.fixture
def options(monkeypatch, tmp_path):
    """Workers that load the misbehaving runner."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    return WorkerOptions(runner=RUNNER, hang_timeout_s=20, log_path=tmp_path / "log")
