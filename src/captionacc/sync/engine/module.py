"""The compiled module: checked, compiled once a machine, and loaded once a process."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

import wasmtime

from captionacc.errors import MissingDependencyError
from captionacc.settings import get_settings
from captionacc.sync.engine.build import WASM_FILE, WASM_SHA256

_LOG: Final = logging.getLogger(__name__)
_DIGEST_BYTES: Final = hashlib.sha256().digest_size
_WRITABLE_BY_OTHERS: Final = 0o022


class Module(NamedTuple):
    """Machine code and what it was made for; both may be used from every thread."""

    engine: wasmtime.Engine
    code: wasmtime.Module


@lru_cache(maxsize=1)
def load_module() -> Module:
    """The module of this process.

    Raises:
        MissingDependencyError: the file is missing or another one.
    """
    return compile_module(_read_wasm(WASM_FILE), get_settings().cache_dir / "sync-engine")


def compile_module(wasm: bytes, cache: Path) -> Module:
    """``wasm`` as machine code of this processor, from ``cache`` if it was compiled before."""
    engine = wasmtime.Engine()
    digest = hashlib.sha256(wasm).hexdigest()
    path = cache / f"{digest}-wasmtime-{version('wasmtime')}.bin"
    compiled = _read_cached(path)
    if compiled is not None:
        try:
            return Module(engine, wasmtime.Module.deserialize(engine, compiled))
        except wasmtime.WasmtimeError:  # of another processor
            _LOG.info("the compiled sync engine in %s is not for this machine", path)
    code = wasmtime.Module(engine, wasm)
    _write_cached(path, bytes(code.serialize()))
    return Module(engine, code)


def _read_wasm(path: Path) -> bytes:
    hint = "Run `make setup`, which puts it in place."
    try:
        wasm = path.read_bytes()
    except OSError as error:
        raise MissingDependencyError(f"The sync engine {path} is missing.", hint) from error
    if hashlib.sha256(wasm).hexdigest() != WASM_SHA256:
        raise MissingDependencyError(
            f"{path} is not the sync engine that this program was made for.",
            f"Remove it. {hint}",
        )
    return wasm


def _read_cached(path: Path) -> bytes | None:
    """What is run as machine code must be whole, and must be this user's own."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.geteuid() or status.st_mode & _WRITABLE_BY_OTHERS:
                return None
            content = file.read()
    except OSError:
        return None
    digest, compiled = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return compiled if hashlib.sha256(compiled).digest() == digest else None


def _write_cached(path: Path, compiled: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
            draft.write(hashlib.sha256(compiled).digest() + compiled)
        Path(draft.name).replace(path)
    except OSError as error:  # it is only slower without
        _LOG.info("the compiled sync engine cannot be kept in %s: %s", path, error)
