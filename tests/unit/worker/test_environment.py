"""Prefect's settings for our processes."""

import os
from pathlib import Path

from captionacc.settings import Settings
from captionacc.worker.environment import configure_prefect


def test_prefect_gets_our_settings_but_the_persons_own_stay(monkeypatch, tmp_path):
    """Prefect keeps its files with ours; what the environment says already is left alone."""
    for name in [name for name in os.environ if name.startswith(("PREFECT_", "DO_NOT_TRACK"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_LOGGING_COLORS", "true")
    settings = Settings(data_dir=tmp_path, prefect_api_url="http://127.0.0.1:1/api")
    before = dict(os.environ)
    try:
        configure_prefect(settings)
        set_now = {name: os.environ[name] for name in os.environ.keys() - before.keys()}
        assert os.environ["PREFECT_LOGGING_COLORS"] == "true"
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
    assert set_now["PREFECT_API_URL"] == "http://127.0.0.1:1/api"
    assert Path(set_now["PREFECT_HOME"]).parent == tmp_path
