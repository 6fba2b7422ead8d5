"""The linear memory of an instance, as bytes."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import wasmtime

_PAGE_BYTES: Final = 1 << 16
LIMIT_BYTES: Final = 256 << 20
"""What one instance may take; addresses stay positive as signed 32-bit integers."""


class Memory:
    """Reads and writes at addresses; one outside of the memory is refused by the view."""

    def __init__(self, store: wasmtime.Store, memory: wasmtime.Memory) -> None:
        self._store = store
        self._memory = memory
        self._map()

    def view(self, address: int, size_bytes: int) -> memoryview:
        """The bytes in place, until the memory grows.

        Raises:
            IndexError: they are not all in the memory.
        """
        if not 0 <= address <= address + size_bytes <= self._size_bytes:
            raise IndexError(f"{size_bytes} bytes at {address:#x} are not in the memory")
        return self._view[address : address + size_bytes]

    def read(self, address: int, size_bytes: int) -> bytes:
        """A copy of the bytes."""
        return bytes(self.view(address, size_bytes))

    def write(self, address: int, content: bytes) -> None:
        """Put ``content`` at ``address``."""
        self.view(address, len(content))[:] = content

    def read_int(self, address: int, size_bytes: int = 4) -> int:
        """A signed little-endian integer."""
        return int.from_bytes(self.view(address, size_bytes), "little", signed=True)

    def write_int(self, address: int, value: int, size_bytes: int = 4) -> None:
        """A signed little-endian integer."""
        self.write(address, value.to_bytes(size_bytes, "little", signed=True))

    def read_text(self, address: int) -> str:
        """The text that ends with the next NUL; none at address 0."""
        if not address:
            return ""
        self.view(address, 1)
        return ctypes.string_at(self._base + address).decode(errors="replace")

    def grow_to(self, size_bytes: int) -> bool:
        """Whether the memory has so many bytes now."""
        missing = size_bytes - self._size_bytes
        if size_bytes > LIMIT_BYTES:
            return False
        if missing > 0:
            self._memory.grow(self._store, -(-missing // _PAGE_BYTES))
            self._map()
        return True

    def _map(self) -> None:
        pointer = self._memory.data_ptr(self._store)
        self._size_bytes = self._memory.data_len(self._store)
        self._base = ctypes.addressof(pointer.contents)
        self._view = memoryview((ctypes.c_ubyte * self._size_bytes).from_address(self._base))
        self._view = self._view.cast("B")
