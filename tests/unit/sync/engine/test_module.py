"""Finding, checking and keeping the compiled engine."""

import tomllib
from pathlib import Path

import pytest
import wasmtime

from captionacc.errors import MissingDependencyError
from captionacc.sync.engine import module
from captionacc.sync.engine.calls import TESTED_WASMTIME

SMALL = wasmtime.wat2wasm('(module (func (export "a") (result i32) i32.const 7))')


def seven(compiled):
    """What the small module's function returns."""
    store = wasmtime.Store(compiled.engine)
    return wasmtime.Instance(store, compiled.code, []).exports(store)["a"](store)


def test_compiled_once(tmp_path, monkeypatch):
    """The second process loads what the first has compiled."""
    assert seven(module.compile_module(SMALL, tmp_path)) == 7
    monkeypatch.setattr(module, "_write_cached", None)
    assert seven(module.compile_module(SMALL, tmp_path)) == 7


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "foreign code", "open to others"])
def test_damaged_cache_is_not_run(tmp_path, damage):
    """Machine code that is not exactly what we wrote is never run but compiled anew."""
    module.compile_module(SMALL, tmp_path)
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(content[:-100])
        case "flipped":
            path.write_bytes(content[:5000] + bytes([content[5000] ^ 1]) + content[5001:])
        case "empty":
            path.write_bytes(b"")
        case "foreign code":
            path.write_bytes(b"\x7fELF" + content)
        case _:
            path.chmod(0o666)
    assert seven(module.compile_module(SMALL, tmp_path)) == 7
    assert path.read_bytes() == content
    assert not path.stat().st_mode & 0o022


def test_cache_that_cannot_be_written(tmp_path):
    """Without a place to keep it, the engine works all the same."""
    (tmp_path / "file").touch()
    assert seven(module.compile_module(SMALL, tmp_path / "file" / "cache")) == 7


def test_missing_engine_names_the_command(tmp_path, monkeypatch):
    """Who has not run the set-up is told to."""
    monkeypatch.setattr(module, "WASM_FILE", tmp_path / "missing.wasm")
    with pytest.raises(MissingDependencyError, match="make setup"):
        module.load_module.__wrapped__()


def test_other_engine_is_refused(tmp_path, monkeypatch):
    """The names in the file are minified: another build would be called at random."""
    other = tmp_path / "other.wasm"
    other.write_bytes(SMALL)
    monkeypatch.setattr(module, "WASM_FILE", other)
    with pytest.raises(MissingDependencyError, match="not the sync engine"):
        module.load_module.__wrapped__()


def test_fast_calls_were_tested_with_the_pinned_version():
    """An upgrade of wasmtime has to look at its private parts again."""
    project = Path(__file__).parents[4] / "pyproject.toml"
    extras = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert f"wasmtime=={TESTED_WASMTIME}" in extras["server"]
