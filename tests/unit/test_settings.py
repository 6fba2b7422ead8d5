"""Settings from the environment."""

import os
from pathlib import Path

import pytest

from captionacc.errors import UsageError
from captionacc.settings import available_cores, get_settings, variable_name


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    """No setting of the person who runs the tests counts, and nothing is remembered."""
    for name in [name for name in os.environ if name.startswith("CAPTIONACC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def test_defaults_need_no_variable(tmp_path):
    """Without any variable the program uses all its cores, any device and the user's cache."""
    settings = get_settings()
    assert settings.threads == available_cores()
    assert (settings.device, settings.ocr_engine, settings.language) == ("auto", "rapidocr", None)
    assert settings.cache_dir == tmp_path / ".cache" / "captionacc"
    assert settings.work_dir == settings.cache_dir / "work"


def test_cache_follows_the_xdg_specification(monkeypatch, tmp_path):
    """XDG_CACHE_HOME moves the cache, but only if it is an absolute path."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert get_settings().cache_dir == tmp_path / "xdg" / "captionacc"
    get_settings.cache_clear()
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert get_settings().cache_dir == tmp_path / ".cache" / "captionacc"


def test_work_follows_the_cache(monkeypatch, tmp_path):
    """Partial work lies in the cache folder that was set, unless it has a place of its own."""
    monkeypatch.setenv("CAPTIONACC_CACHE_DIR", "~/cache")
    assert get_settings().work_dir == tmp_path / "cache" / "work"
    get_settings.cache_clear()
    monkeypatch.setenv("CAPTIONACC_WORK_DIR", "/elsewhere")
    assert get_settings().work_dir == Path("/elsewhere")


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("threads", "3", 3),
        ("worker_memory_mb", "1024", 1024),
        ("device", "cpu", "cpu"),
        ("ocr_engine", "tesseract", "tesseract"),
        ("ocr_runtime", "openvino", "openvino"),
        ("language", "zh-Hant", "zh-Hant"),
        ("tessdata_dir", "/usr/share/tessdata", Path("/usr/share/tessdata")),
        ("layout_interval_s", "2.5", 2.5),
        ("language", "chi_sim+eng", "chi_sim+eng"),
        ("language", "", None),
    ],
)
def test_variable_sets_its_field(monkeypatch, field, text, value):
    """Each variable is read, and an empty one counts as unset."""
    monkeypatch.setenv(variable_name(field), text)
    assert getattr(get_settings(), field) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CAPTIONACC_THREADS", "many"),
        ("CAPTIONACC_THREADS", "0"),
        ("CAPTIONACC_WORKER_MEMORY_MB", "1"),
        ("CAPTIONACC_DEVICE", "tpu"),
        ("CAPTIONACC_OCR_ENGINE", "guess"),
        ("CAPTIONACC_LANGUAGE", "English please"),
        ("CAPTIONACC_LAYOUT_INTERVAL_S", "nan"),
        ("CAPTIONACC_OCR_RUNTIME", "tensorrt"),
        ("CAPTIONACC_CACHE_DIR", "~nobody-of-that-name/cache"),
    ],
)
def test_wrong_value_names_its_variable(monkeypatch, name, value):
    """A value that cannot work is a usage error that names the variable, and no other one."""
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as caught:
        get_settings()
    assert name in caught.value.message
    assert caught.value.message.count("CAPTIONACC_") == 1


def test_mistyped_variable_is_not_ignored(monkeypatch):
    """A variable that names no setting is refused, with the one that was probably meant."""
    monkeypatch.setenv("CAPTIONACC_THREAD", "2")
    with pytest.raises(UsageError, match="Did you mean CAPTIONACC_THREADS"):
        get_settings()


def test_settings_are_read_once(monkeypatch):
    """A change of the environment while the program runs changes nothing half-way."""
    before = get_settings()
    monkeypatch.setenv("CAPTIONACC_THREADS", str(before.threads + 1))
    assert get_settings() is before
