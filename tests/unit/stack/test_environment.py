"""What our programs find in their environment."""

import pytest

from captionacc.settings import Settings
from captionacc.stack.environment import plain_environment, program_environment
from captionacc.stack.folders import StackFolders
from captionacc.stack.secrets import Secrets

SECRETS = Secrets()


@pytest.fixture
def made(tmp_path):
    """Makes the environment for settings that a person has given."""

    def make(**given):
        return program_environment(StackFolders(tmp_path), Settings(**given), given, SECRETS)

    return make


def test_callers_prefect_is_not_ours(monkeypatch):
    """Whoever uses Prefect elsewhere does not get our flows there."""
    monkeypatch.setenv("PREFECT_API_URL", "https://elsewhere.example/api")
    assert "PREFECT_API_URL" not in plain_environment()


def test_no_proxy_for_ourselves(monkeypatch):
    """Services find each other behind a company's proxy, and its own exceptions stay."""
    monkeypatch.setenv("NO_PROXY", "example.org")
    assert plain_environment()["NO_PROXY"] == "example.org,127.0.0.1,localhost"


def test_callers_settings_hold(monkeypatch, made):
    """A setting of the person's reaches the programs; one that was given with the call wins."""
    monkeypatch.setenv("CAPTIONACC_LANGUAGE", "de")
    monkeypatch.setenv("CAPTIONACC_COMPUTE_WORKERS", "3")
    environment = made(compute_workers=2)
    assert environment["CAPTIONACC_LANGUAGE"] == "de"
    assert environment["CAPTIONACC_COMPUTE_WORKERS"] == "2"


def test_local_session_unless_there_are_accounts(made):
    """Nobody gets in without a password where users have one."""
    assert made()["CAPTIONACC_JWT_SECRET"] == SECRETS.jwt_secret
    assert made()["CAPTIONACC_HAS_LOCAL_SESSION"] == "True"
    with_accounts = made(jwt_jwks_url="https://accounts.example/keys")
    assert "CAPTIONACC_JWT_SECRET" not in with_accounts
    assert "CAPTIONACC_HAS_LOCAL_SESSION" not in with_accounts
