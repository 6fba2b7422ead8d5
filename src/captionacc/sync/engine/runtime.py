"""What the build's C library asks of its host: randomness, time and memory."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from captionacc.sync.engine.memory import Memory

NOT_SUPPORTED: Final = -52
"""WASI's ENOSYS, what is answered to everything that the build asks and does not need."""

_NO_ENTRY: Final = -44
_BAD_DEVICE: Final = 8
_RANDOM: Final = "/dev/urandom"
_RANDOM_DEVICE: Final = 9
_VECTOR_BYTES: Final = 8
_GROWTH: Final = 1.2


class Runtime:
    """The system of one instance.

    Without the device of random bytes SQLite would seed itself with the time, and site ids repeat.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def assertion_failed(self, message: int, file: int, line: int, function: int) -> None:
        """Nothing to do: the build traps next."""

    def wall_clock_ms(self) -> float:
        """Milliseconds since 1970."""
        return time.time() * 1000.0

    def steady_clock_ms(self) -> float:
        """Milliseconds since some moment."""
        return time.perf_counter() * 1000.0

    def copy_memory(self, target: int, source: int, size_bytes: int) -> None:
        """C's memcpy for large blocks."""
        self._memory.write(target, self._memory.read(source, size_bytes))

    def grow_memory(self, size_bytes: int) -> int:
        """1 if there are so many bytes now."""
        wanted = int(size_bytes * _GROWTH)
        return int(self._memory.grow_to(wanted) or self._memory.grow_to(size_bytes))

    def open_device(self, _folder: int, path: int, _flags: int, _mode: int) -> int:
        """Open the device of random bytes; there is nothing else."""
        return _RANDOM_DEVICE if self._memory.read_text(path) == _RANDOM else _NO_ENTRY

    def read_device(self, device: int, vectors: int, count: int, total: int) -> int:
        """Fill the buffers that ``vectors`` tells with random bytes."""
        if device != _RANDOM_DEVICE:
            return _BAD_DEVICE
        read = 0
        for vector in range(vectors, vectors + count * _VECTOR_BYTES, _VECTOR_BYTES):
            address = self._memory.read_int(vector)
            size_bytes = self._memory.read_int(vector + 4)
            self._memory.write(address, os.urandom(size_bytes))
            read += size_bytes
        self._memory.write_int(total, read)
        return 0

    def close_device(self, _device: int) -> int:
        """Nothing is held."""
        return 0

    def control_device(self, _device: int, _command: int, _argument: int) -> int:
        """Nothing can be set."""
        return 0

    def environment_sizes(self, count: int, size_bytes: int) -> int:
        """There are no variables."""
        self._memory.write_int(count, 0)
        self._memory.write_int(size_bytes, 0)
        return 0

    def environment(self, _variables: int, _texts: int) -> int:
        """There are no variables."""
        return 0
