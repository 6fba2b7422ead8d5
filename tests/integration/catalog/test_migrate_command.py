"""`captionacc migrate`, as a person calls it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from captionacc.cli.main import app
from captionacc.errors import MissingDependencyError, UsageError
from captionacc.settings import get_settings


@pytest.fixture
def migrate(monkeypatch, database_url):
    """Runs the command with settings; returns what it prints, raises what it raises."""

    def run(*options, **settings):
        for name, value in {"DATABASE_URL": database_url, **settings}.items():
            monkeypatch.setenv(f"CAPTIONACC_{name}", value)
        get_settings.cache_clear()
        return CliRunner().invoke(app, ["migrate", *options], catch_exceptions=False).stdout

    yield run
    get_settings.cache_clear()


@pytest.fixture
def told_to(sql):
    """The arguments of the webhook's trigger, one after the other."""

    def read():
        rows = sql(
            "select encode(tgargs, 'escape') as arguments from pg_trigger"
            " where tgname = 'video_inserted'"
        )
        return rows[0]["arguments"].split("\\000") if rows else []

    return read


def test_the_api_of_the_settings_is_told(migrate, told_to):
    """Unless another address is given, or none is known."""
    assert "No webhook was set." in migrate("--embedded")
    assert told_to() == []

    settings = {"API_URL": "http://127.0.0.1:8710/", "WEBHOOK_SECRET": "s1"}
    assert "up to date" in migrate(**settings)
    assert told_to()[0] == "http://127.0.0.1:8710/v1/webhooks/supabase"
    assert '"X-Webhook-Secret": "s1"' in told_to()[2]

    migrate("--webhook-url", "https://api.example/hook", **settings)
    assert told_to()[0] == "https://api.example/hook"


def test_what_cannot_work_is_refused(migrate, told_to):
    """Before anything is changed."""
    before = told_to()
    with pytest.raises(UsageError):
        migrate("--webhook-url", "api.example", WEBHOOK_SECRET="s")  # noqa: S106  # of no one
    with pytest.raises(MissingDependencyError):
        migrate("--webhook-url", "https://api.example", WEBHOOK_SECRET="")
    with pytest.raises(MissingDependencyError):
        migrate(DATABASE_URL="")
    assert told_to() == before
