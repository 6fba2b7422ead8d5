"""Which names and addresses are this machine."""

import pytest

from captionacc.api.loopback import host_of, is_loopback, is_loopback_origin


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine(name):
    """Loopback addresses and the one name for them are this machine."""
    assert is_loopback(name)


@pytest.mark.parametrize(
    "name",
    [None, "", "0.0.0.1", "::", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example"],
)
def test_other_machines(name):
    """Everything else may be another machine."""
    assert not is_loopback(name)


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        ("localhost", "localhost"),
        ("LOCALHOST:80", "localhost"),
        ("127.0.0.1:8710", "127.0.0.1"),
        ("[::1]:8710", "::1"),
        ("[::1", None),
        ("a:b", None),
        ("a:99999", None),
        ("", None),
        ("user@localhost", None),
        ("localhost/path", None),
        ("localhost#x", None),
        ("localhost?x", None),
    ],
)
def test_host_of(authority, host):
    """The host is read as a browser means it; what is no authority has none."""
    assert host_of(authority) == host


@pytest.mark.parametrize(
    "origin",
    ["null", "", "localhost", "ftp://localhost", "http://localhost@evil.example", "http://[::1"],
)
def test_origins_from_elsewhere(origin):
    """What cannot be read is not from here."""
    assert not is_loopback_origin(origin)
