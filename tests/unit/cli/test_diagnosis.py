"""What ``doctor`` says."""

import json

from captionacc.cli.diagnosis import diagnose, run_doctor
from captionacc.settings import Settings, get_settings
from captionacc.stack.ports import free_ports

PORTS = [f"CAPTIONACC_{name}_PORT" for name in ("API", "PREFECT", "POSTGRES", "S3")]


def test_healthy_machine(tmp_path):
    """Where all is installed nothing is missing, and the default engine writes what it can."""
    found = diagnose(Settings(cache_dir=tmp_path / "not" / "there"))
    assert found["missing"] == []
    assert {"en", "zh", "ja"} <= set(found["engines"]["rapidocr"])
    assert not {"ru", "ar", "ko"} & set(found["engines"]["rapidocr"])
    assert all(found["models"].values())
    assert found["free_disk_gb"] > 0
    assert not (tmp_path / "not").exists()


def test_both_outputs(capsys, monkeypatch, tmp_path):
    """The object is one line of JSON; the table says that all is here."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True):
        monkeypatch.setenv(name, str(port))
    get_settings.cache_clear()
    assert run_doctor(as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["missing"] == []
    assert run_doctor(as_json=False) == 0
    assert "Everything that is needed is here." in capsys.readouterr().out
    get_settings.cache_clear()
