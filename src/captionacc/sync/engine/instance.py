"""One instance of the build: its memory, its functions, and what it asks of its host."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import wasmtime

from captionacc.sync.engine import codes
from captionacc.sync.engine.build import (
    FILE_IMPORTS,
    IMPORT_MODULE,
    LONG_EXPORTS,
    MEMORY_EXPORT,
    RUNTIME_IMPORTS,
    SHORT_EXPORTS,
)
from captionacc.sync.engine.calls import Caller, fast_calls
from captionacc.sync.engine.failures import SqliteError
from captionacc.sync.engine.files import Files
from captionacc.sync.engine.memory import LIMIT_BYTES, Memory
from captionacc.sync.engine.module import load_module
from captionacc.sync.engine.runtime import NOT_SUPPORTED, Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VFS_NAME: Final = b"captionacc\0"
_LONGEST_PATH: Final = 1024
_FUNCTION_LABELS: Final = (*LONG_EXPORTS.values(), *SHORT_EXPORTS.values())
_running = threading.local()
_linking = threading.Lock()


class Functions:
    """SQLite's C interface; arguments and results as there, 64-bit integers as two words.

    ``high_word`` is the upper half of the 64-bit result of the call before.
    """

    run_constructors: Callable[[], None]
    main: Callable[[int, int], int]
    malloc: Callable[[int], int]
    free: Callable[[int], int]
    high_word: Callable[[], int]
    register_vfs: Callable[[int, int, int, int], int]
    open_database: Callable[[int, int, int, int], int]
    close_database: Callable[[int], int]
    execute_script: Callable[[int, int, int, int, int], int]
    prepare: Callable[[int, int, int, int, int], int]
    parameter_count: Callable[[int], int]
    bind_blob: Callable[[int, int, int, int, int], int]
    bind_text: Callable[[int, int, int, int, int], int]
    bind_int64: Callable[[int, int, int, int], int]
    bind_double: Callable[[int, int, float], int]
    bind_null: Callable[[int, int], int]
    step: Callable[[int], int]
    column_count: Callable[[int], int]
    column_name: Callable[[int, int], int]
    column_type: Callable[[int, int], int]
    column_int64: Callable[[int, int], int]
    column_double: Callable[[int, int], float]
    column_text: Callable[[int, int], int]
    column_blob: Callable[[int, int], int]
    column_bytes: Callable[[int, int], int]
    reset: Callable[[int], int]
    finalize: Callable[[int], int]
    is_autocommit: Callable[[int], int]
    error_message: Callable[[int], int]
    limit: Callable[[int, int, int], int]


class Instance:
    """SQLite with a memory of its own, for one thread at a time.

    Attributes:
        functions: SQLite's C interface.
        memory: The linear memory.
        files: The open files.
        failure: What a host function raised and nobody has asked about yet.
    """

    def __init__(self) -> None:
        engine, linked = _linked()
        store = wasmtime.Store(engine)
        store.set_limits(memory_size=LIMIT_BYTES)
        self._store = store
        self.failure: BaseException | None = None
        _running.instance = self
        exports = linked.instantiate(store).exports(store)
        memory = exports[MEMORY_EXPORT]
        assert isinstance(memory, wasmtime.Memory)  # noqa: S101  # the file's digest says so
        self.memory = Memory(store, memory)
        self.files = Files(self.memory)
        self.runtime = Runtime(self.memory)
        self.functions = self._bind({label: exports[label] for label in _FUNCTION_LABELS})
        self._start()

    def close(self) -> None:
        """Give everything back; files are closed as if the process had died."""
        self.files.close_all()
        del self.functions, self.memory, self.runtime  # they point into the store
        self._store.close()

    def take_failure(self) -> BaseException | None:
        """What a host function raised since the last time that somebody asked."""
        failure, self.failure = self.failure, None
        return failure

    def _bind(self, exports: Mapping[str, object]) -> Functions:
        caller = Caller(self._store, fast_calls())
        functions = Functions()
        for names, is_short in ((LONG_EXPORTS, False), (SHORT_EXPORTS, True)):
            for name, label in names.items():
                export = exports[label]
                assert isinstance(export, wasmtime.Func)  # noqa: S101
                function = caller.function(export, is_short=is_short)
                setattr(functions, name, self._as_running(function))
        return functions

    def _as_running(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Host functions know nothing but that they were called in this thread."""

        def call(*arguments: Any) -> Any:  # noqa: ANN401  # integers and floats
            _running.instance = self
            return function(*arguments)

        return call

    def _start(self) -> None:
        functions, memory = self.functions, self.memory
        functions.run_constructors()
        functions.main(0, 0)
        name = functions.malloc(len(_VFS_NAME))
        memory.write(name, _VFS_NAME)
        out = functions.malloc(4)
        code = functions.register_vfs(name, _LONGEST_PATH, 1, out)
        if code != codes.OK:
            raise SqliteError(code, "the file system was refused")


def _linked() -> tuple[wasmtime.Engine, wasmtime.InstancePre]:
    with _linking:  # one pair of hands, or many threads would all compile
        return _link_once()


@lru_cache(maxsize=1)
def _link_once() -> tuple[wasmtime.Engine, wasmtime.InstancePre]:
    """The module with its imports; they are the same for all instances."""
    engine, code = load_module()
    linker = wasmtime.Linker(engine)
    for wanted in code.imports:
        kind, label = wanted.type, wanted.name or ""
        assert isinstance(kind, wasmtime.FuncType)  # noqa: S101  # the file's digest says so
        has_result = bool(kind.results)
        if label in FILE_IMPORTS:
            handler = _handler("files", FILE_IMPORTS[label], codes.IOERR)
        elif label in RUNTIME_IMPORTS:
            handler = _handler("runtime", RUNTIME_IMPORTS[label], NOT_SUPPORTED)
        else:
            handler = _unsupported if has_result else _nothing
        linker.define_func(IMPORT_MODULE, label, kind, handler)
    return engine, linker.instantiate_pre(code)


def _handler(part: str, name: str, failed: int) -> Callable[..., Any]:
    """The method ``name`` of that part of the instance that is being called in this thread."""

    def handle(*arguments: int) -> Any:  # noqa: ANN401  # an integer, a float or nothing
        instance: Instance = _running.instance
        try:
            return getattr(getattr(instance, part), name)(*arguments)
        except BaseException as error:  # noqa: BLE001  # raised again after the call
            instance.failure = instance.failure or error
            return codes.CANTOPEN if isinstance(error, FileNotFoundError) else failed

    return handle


def _unsupported(*_arguments: int) -> int:
    return NOT_SUPPORTED


def _nothing(*_arguments: int) -> None:
    return None
