"""A listening socket that nobody new gets through, with real connections."""

import select
import socket
import sys

import pytest

from captionacc.api.gate import Gate

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can shut a gate")


@pytest.fixture
def listening():
    """A listening socket."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def test_shut_gate_lets_nobody_in_and_keeps_who_is_there(listening):
    """Who was connected before can send its request; who comes later is kept waiting."""
    gate, address = Gate([listening]), listening.getsockname()
    with socket.create_connection(address) as early:
        gate.shut()
        with pytest.raises(TimeoutError):
            socket.create_connection(address, timeout=0.1)
        early.sendall(b"request")
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.recv(100) == b"request"


def test_a_kernel_that_refuses_is_told_and_holds_up_nothing(listening, caplog):
    """Where no filter can be set the gate stays open; to shut and open it does no harm."""
    listening.setsockopt(socket.SOL_SOCKET, 44, 1)  # SO_LOCK_FILTER: from now on none
    gate, address = Gate([listening]), listening.getsockname()
    gate.shut()
    assert "cannot be held back" in caplog.text
    socket.create_connection(address, timeout=5).close()
    gate.open()


def test_who_waits_before_a_shut_gate_gets_in_when_it_opens(listening):
    """A connection that was begun meanwhile is only late."""
    gate, address = Gate([listening]), listening.getsockname()
    gate.shut()
    with socket.socket() as late:
        late.settimeout(0)
        with pytest.raises(BlockingIOError):
            late.connect(address)
        gate.open()
        _, connected, _ = select.select([], [late], [], 10)
        assert connected
        accepted, _ = listening.accept()
        accepted.close()
