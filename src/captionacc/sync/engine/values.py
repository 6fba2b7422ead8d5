"""Values on their way into and out of SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from captionacc.sync.engine import codes
from captionacc.sync.engine.failures import SqliteError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from captionacc.sync.engine.instance import Functions
    from captionacc.sync.engine.memory import Memory
    from captionacc.sync.values import Value

_STATIC: Final = 0
_ROOM_BYTES: Final = 4096
_WORD_BITS: Final = 32
_WORD: Final = (1 << _WORD_BITS) - 1


class Values:
    """Binds parameters and reads columns.

    Texts and blobs that are bound lie in one place that is used again and again: a statement reads
    them before the next one is bound, and each binds all its parameters anew.
    """

    def __init__(self, functions: Functions, memory: Memory) -> None:
        self._functions = functions
        self._memory = memory
        self._room_bytes = _ROOM_BYTES
        self._room = functions.malloc(_ROOM_BYTES)

    def bind(self, statement: int, values: Sequence[Value]) -> int:
        """SQLite's code for the first value that it refused, or OK.

        Raises:
            OverflowError: an integer has more than 64 bits.
            UnicodeEncodeError: a text holds half a character.
        """
        contents = [
            value.encode() if isinstance(value, str) else value
            for value in values
            if isinstance(value, str | bytes)
        ]
        address = self._place(contents)
        sizes = iter(map(len, contents))
        for index, value in enumerate(values, 1):
            match value:
                case str() | bytes():
                    size_bytes = next(sizes)
                    code = self._bind_bytes(statement, index, value, address, size_bytes)
                    address += size_bytes
                case None:
                    code = self._functions.bind_null(statement, index)
                case int():
                    code = self._bind_int(statement, index, value)
                case float():
                    code = self._functions.bind_double(statement, index, value)
            if code != codes.OK:
                return code
        return codes.OK

    def read(self, statement: int, count: int) -> tuple[Value, ...]:
        """The columns of the row that a statement stands on."""
        return tuple([self._column(statement, index) for index in range(count)])

    def _place(self, contents: list[bytes]) -> int:
        if not contents:
            return self._room
        joined = b"".join(contents)
        if len(joined) > self._room_bytes:
            self._make_room(len(joined))
        self._memory.write(self._room, joined)
        return self._room

    def _make_room(self, size_bytes: int) -> None:
        room = self._functions.malloc(size_bytes)
        if not room:
            raise SqliteError(codes.NOMEM, "the instance has no memory left")
        self._functions.free(self._room)
        self._room, self._room_bytes = room, size_bytes

    def _bind_bytes(
        self, statement: int, index: int, value: str | bytes, address: int, size_bytes: int
    ) -> int:
        is_text = isinstance(value, str)
        bind = self._functions.bind_text if is_text else self._functions.bind_blob
        return bind(statement, index, address, size_bytes, _STATIC)

    def _bind_int(self, statement: int, index: int, value: int) -> int:
        if not -(1 << 63) <= value < 1 << 63:
            raise OverflowError(f"{value} has more than 64 bits")
        return self._functions.bind_int64(statement, index, value & _WORD, value >> _WORD_BITS)

    def _column(self, statement: int, index: int) -> Value:
        functions = self._functions
        match functions.column_type(statement, index):
            case codes.INTEGER:
                low = functions.column_int64(statement, index) & _WORD
                return functions.high_word() << _WORD_BITS | low
            case codes.FLOAT:
                return functions.column_double(statement, index)
            case codes.TEXT:
                return self._content(functions.column_text, statement, index).decode()
            case codes.BLOB:
                return self._content(functions.column_blob, statement, index)
            case _:
                return None

    def _content(self, column: Callable[[int, int], int], statement: int, index: int) -> bytes:
        address = column(statement, index)
        size_bytes = self._functions.column_bytes(statement, index)
        return self._memory.read(address, size_bytes) if size_bytes else b""
