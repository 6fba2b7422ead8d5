"""What other integration tests stand on."""

import psycopg
import pytest

from captionacc.settings import get_settings


def test_database_is_migrated(database_url):
    """A module gets the catalog's schema, with nothing in it."""
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from captionacc.videos").fetchone() == (0,)


@pytest.mark.usefixtures("settings_env")
def test_settings_name_the_services(database_url, object_store):
    """Code under test finds the services by its settings alone."""
    settings = get_settings()
    assert settings.database_url.get_secret_value() == database_url
    assert settings.s3_endpoint == object_store.address
