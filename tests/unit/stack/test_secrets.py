"""The stack's secrets."""

import pytest

from captionacc.errors import UsageError
from captionacc.stack.secrets import load_secrets


def test_are_made_once(tmp_path):
    """The same folder has the same secrets; another has others, and only its owner reads them."""
    path = tmp_path / "secrets.json"
    made = load_secrets(path)
    assert load_secrets(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    other = load_secrets(tmp_path / "other.json")
    assert not set(made.model_dump().values()) & set(other.model_dump().values())


def test_missing_ones_are_added(tmp_path):
    """A file of an older version keeps what it has."""
    path = tmp_path / "secrets.json"
    path.write_text('{"webhook_secret": "old"}')
    added = load_secrets(path)
    assert added.webhook_secret == "old"  # noqa: S105  # this very one
    assert load_secrets(path) == added


def test_damaged_file_is_no_empty_one(tmp_path):
    """New passwords would lock the old data in, so a person has to look."""
    path = tmp_path / "secrets.json"
    path.write_text('{"database_password": "ol')
    with pytest.raises(UsageError, match=r"secrets\.json is damaged"):
        load_secrets(path)
