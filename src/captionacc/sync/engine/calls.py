"""Calling the functions of an instance.

wasmtime's own ``Func.__call__`` looks up types and converts values on each call: 50-100 µs. Its C
interface has an unchecked call that takes the arguments as they are: 2 µs. What is needed for it is
private to the Python package, so it is used with the version that it was tested with and no other.

A call in the fast way either lets other Python threads run meanwhile or does not. What is over at
once does not: to get the interpreter back can take longer than the call.
"""

# What is private has no types either.
# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import ctypes
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import wasmtime
from wasmtime import _ffi  # see above

from captionacc.sync.engine.failures import TrapError

if TYPE_CHECKING:
    from collections.abc import Callable

TESTED_WASMTIME: Final = "50.0.1"

_FFI: Final[Any] = _ffi
_SLOT_BYTES: Final = 16
_MOST_SLOTS: Final = 8
_POINTER = ctypes.c_void_p
_SIGNATURE: Final = (_POINTER, _POINTER, _POINTER, _POINTER, ctypes.c_size_t, _POINTER)


class FastCalls(NamedTuple):
    """``wasmtime_func_call_unchecked``, twice."""

    waiting: Callable[..., int | None]
    at_once: Callable[..., int | None]


@lru_cache(maxsize=1)
def fast_calls() -> FastCalls | None:
    """The fast way to call, if this wasmtime has it as we know it."""
    if version("wasmtime") != TESTED_WASMTIME:
        return None
    try:
        symbol = ("wasmtime_func_call_unchecked", _FFI.dll)
        return FastCalls(
            ctypes.CFUNCTYPE(*_SIGNATURE)(symbol), ctypes.PYFUNCTYPE(*_SIGNATURE)(symbol)
        )
    except AttributeError:
        return None


class Caller:
    """Makes Python functions of the functions of one store; one thread at a time may call."""

    def __init__(self, store: wasmtime.Store, fast: FastCalls | None) -> None:
        self._store = store
        self._fast = fast
        self._slots = (ctypes.c_uint64 * (_SLOT_BYTES // 8 * _MOST_SLOTS))()
        self._trap = ctypes.c_void_p()

    def function(self, function: wasmtime.Func, *, is_short: bool) -> Callable[..., Any]:
        """``function`` with integers and floats as arguments and result.

        The function raises TrapError if the instance ends in the call.
        """
        if self._fast is None:
            return self._checked(function)
        invoke = self._fast.at_once if is_short else self._fast.waiting
        return self._unchecked(function, invoke)

    def _checked(self, function: wasmtime.Func) -> Callable[..., Any]:
        def call(*arguments: float) -> Any:  # noqa: ANN401  # an integer, a float or nothing
            try:
                return function(self._store, *arguments)
            except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
                raise TrapError(_first_line(error)) from error

        return call

    def _unchecked(
        self, function: wasmtime.Func, invoke: Callable[..., int | None]
    ) -> Callable[..., Any]:
        kinds = function.type(self._store)
        count = max(len(kinds.params), len(kinds.results), 1)
        context = self._store._context()  # noqa: SLF001  # see the module
        target = ctypes.byref(function._func)  # noqa: SLF001
        slots, trap, trap_target = self._slots, self._trap, ctypes.byref(self._trap)
        integers = (ctypes.c_int32 * (4 * _MOST_SLOTS)).from_buffer(slots)
        floats = (ctypes.c_double * (2 * _MOST_SLOTS)).from_buffer(slots)
        float_places = [str(kind) == "f64" for kind in kinds.params]
        has_floats = any(float_places)
        result = floats if [str(kind) for kind in kinds.results] == ["f64"] else integers

        def call(*arguments: Any) -> Any:  # noqa: ANN401  # integers and floats
            place = 0
            if has_floats:
                for is_float, value in zip(float_places, arguments, strict=True):
                    if is_float:
                        floats[place // 2] = value
                    else:
                        integers[place] = value
                    place += 4
            else:
                for value in arguments:
                    integers[place] = value
                    place += 4
            error = invoke(context, target, slots, count, trap_target)
            if error or trap.value:
                raise self._ended(error)
            return result[0]

        call.keeps = function  # type: ignore[attr-defined]  # the target lies in it
        return call

    def _ended(self, error: int | None) -> TrapError:
        """The reason, which is released with the object that wasmtime makes of it."""
        if error:
            pointer = ctypes.cast(error, ctypes.POINTER(_FFI.wasmtime_error_t))
            return TrapError(_first_line(wasmtime.WasmtimeError._from_ptr(pointer)))  # noqa: SLF001
        pointer = ctypes.cast(self._trap, ctypes.POINTER(_FFI.wasm_trap_t))
        self._trap.value = None
        return TrapError(_first_line(wasmtime.Trap._from_ptr(pointer)))  # noqa: SLF001


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
