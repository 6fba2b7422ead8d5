"""Ports of the loopback address."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import Final

from captionacc.errors import UsageError

LOOPBACK: Final = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a service could listen there now."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the services do
        try:
            one.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """Different ports that nobody has now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [int(one.getsockname()[1]) for one in sockets]


def check_free(port: int, title: str, cure: str) -> None:
    """Nothing, if a service could listen on ``port``.

    Raises:
        UsageError: something else has it; ``cure`` says how to choose another.
    """
    if not is_free(port):
        raise UsageError(f"Port {port}, for {title}, is taken by another program.", cure)
