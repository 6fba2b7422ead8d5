"""One API for all tests of this folder; each test makes tenants of its own."""

import pytest

from .world import Api, World


@pytest.fixture(scope="session")
def api_environment(new_database, object_store):
    """Where an API finds what it needs, with a database of its own."""
    return {"CAPTIONACC_DATABASE_URL": new_database(), **object_store.environment}


@pytest.fixture(scope="session")
def api(api_environment, tmp_path_factory):
    """A running API."""
    with Api(tmp_path_factory.mktemp("api"), api_environment) as running:
        yield running


@pytest.fixture
def new_api(api_environment, tmp_path):
    """Makes further ones over the same database, with other settings."""

    def make(**changes):
        return Api(tmp_path / str(len(list(tmp_path.iterdir()))), api_environment, **changes)

    return make


@pytest.fixture(scope="session")
def world(api, api_environment):
    """Everything behind that API."""
    made = World(api, api_environment["CAPTIONACC_DATABASE_URL"])
    yield made
    for one in made.members:
        one.http.close()


@pytest.fixture
def member(world):
    """Somebody of a new tenant."""
    return world.new_member()
