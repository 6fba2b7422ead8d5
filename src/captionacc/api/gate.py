"""Lets no new connection in for a while, without turning any away.

A socket that is closed resets the connections that the kernel has set up and nobody has accepted
yet: whoever made them believes to be connected, and does not know whether its request arrived. So
before it is closed the kernel is told to let no further one begin; those on their way arrive
meanwhile. Who comes then sends its first packet again after a second, and finds the gate open, or
is refused in a way that says that nothing has arrived.
"""

from __future__ import annotations

import ctypes
import logging
import socket
import struct
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_SO_ATTACH_FILTER: Final = 26
_SO_DETACH_FILTER: Final = 27
_TCP_FLAGS_AT: Final = 13
_SYN: Final = 0x02
_SYN_ACK: Final = 0x12

_log = logging.getLogger(__name__)

# Classic BPF (bpf(4)): code, jump if true, jump if false, value. A TCP socket's filter sees each
# packet from its TCP header on.
_DROP_NEW: Final = (
    (0x30, 0, 0, _TCP_FLAGS_AT),  # load the byte
    (0x54, 0, 0, _SYN_ACK),  # and
    (0x15, 0, 1, _SYN),  # the first packet of a connection?
    (0x06, 0, 0, 0),  # drop it
    (0x06, 0, 0, 0xFFFFFFFF),  # take all of it
)


class Gate:
    """Of listening sockets.

    Only Linux can shut it, and not every kernel lets an account without rights do that; elsewhere
    it stays open, and who connects in the last microseconds is reset.

    Args:
        sockets: The listening sockets.
    """

    def __init__(self, sockets: Sequence[socket.socket]) -> None:
        self._sockets = sockets

    def shut(self) -> None:
        """Have the kernel ignore whoever wants to connect."""
        if sys.platform != "linux":
            return
        steps = b"".join(struct.pack("HBBI", *step) for step in _DROP_NEW)
        program = ctypes.create_string_buffer(steps)
        option = struct.pack("HP", len(_DROP_NEW), ctypes.addressof(program))
        try:
            for one in self._sockets:
                one.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, option)
        except OSError as error:  # such as a limit on filters, which holds for us alone
            _log.warning("new connections cannot be held back: %s", error)

    def open(self) -> None:
        """Let them in again."""
        if sys.platform == "linux":
            for one in self._sockets:
                with suppress(OSError):  # none is there
                    one.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
