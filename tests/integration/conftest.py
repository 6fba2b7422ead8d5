"""The real services: one Postgres and one object store a session, a database a module."""

from __future__ import annotations

import asyncio
import inspect
import shutil
import tempfile
from itertools import count
from pathlib import Path

import pytest

from captionacc.settings import get_settings
from captionacc.stack.folders import StackFolders
from captionacc.stack.object_store import ObjectStoreService
from captionacc.stack.ports import free_ports
from captionacc.stack.postgres import PostgresService
from captionacc.stack.secrets import load_secrets

_TEMPLATE = "migrated"


@pytest.fixture(scope="session")
def service_folders():
    """Where the session's services keep their files."""
    root = Path(tempfile.mkdtemp(prefix="captionacc-test-"))
    folders = StackFolders(root)
    folders.make()
    yield folders
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def service_secrets(service_folders):
    """Their passwords and keys."""
    return load_secrets(service_folders.secrets)


@pytest.fixture(scope="session")
def postgres(service_folders, service_secrets):
    """A running server with a database that is migrated, to be copied."""
    (port,) = free_ports(1)
    service = PostgresService(service_folders, port, service_secrets.database_password)
    service.start()
    try:
        service.wait_ready()
        yield service
    finally:
        service.stop()


@pytest.fixture(scope="session")
def new_database(postgres):
    """Makes a fresh migrated database and returns its address."""
    from captionacc.catalog.migrate import migrate  # noqa: PLC0415  # only these tests need it

    postgres.create_database(_TEMPLATE)
    migrated = migrate(postgres.url(_TEMPLATE), webhook=None, embedded=True)
    if inspect.isawaitable(migrated):
        asyncio.run(_awaited(migrated))
    numbers = count(1)

    def make():
        name = f"fresh_{next(numbers)}"
        postgres.create_database(name, _TEMPLATE)
        return postgres.url(name)

    return make


async def _awaited(awaitable):
    return await awaitable


@pytest.fixture(scope="module")
def database_url(new_database):
    """A fresh migrated database for this module."""
    return new_database()


@pytest.fixture(scope="session")
def object_store(service_folders, service_secrets):
    """A running SeaweedFS with a bucket; ``environment`` holds the settings for it."""
    (port,) = free_ports(1)
    service = ObjectStoreService(service_folders, port, service_secrets, "captionacc-test")
    service.start()
    try:
        service.wait_ready()
        yield service
    finally:
        service.stop()


@pytest.fixture
def settings_env(monkeypatch, database_url, object_store):
    """This process's settings name the module's database and the object store."""
    environment = {"CAPTIONACC_DATABASE_URL": database_url, **object_store.environment}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()
