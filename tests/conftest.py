"""What all tests share."""

import pytest
from hypothesis import settings

# How long an example takes says more about the machine than about the code.
settings.register_profile("captionacc", deadline=None)
settings.load_profile("captionacc")


@pytest.fixture(scope="session")
def modal_cloud(tmp_path_factory):
    """Modal's servers for the real SDK, one for the session: the SDK keeps its connection."""
    from .modal_cloud import ModalCloud  # noqa: PLC0415  # few tests need Modal's package

    with ModalCloud(tmp_path_factory.mktemp("modal")) as cloud:
        yield cloud
        cloud.sign_out()


@pytest.fixture
def modal_env(modal_cloud, monkeypatch):
    """The SDK in this process signs in there; returns the servers."""
    for name, value in modal_cloud.environment.items():
        monkeypatch.setenv(name, value)
    return modal_cloud
