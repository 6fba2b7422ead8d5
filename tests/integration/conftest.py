"""The real services: one Postgres and one object store a session, a database a module."""

from __future__ import annotations

import asyncio
import inspect
import secrets
import shutil
import socket
import tempfile
from itertools import count
from pathlib import Path

import pytest

from captionacc.settings import get_settings
from captionacc.stack.folders import StackFolders
from captionacc.stack.postgres import PostgresService

_TEMPLATE = "migrated"


def free_port():
    """A port that nobody has now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="session")
def service_folders():
    """Where the session's services keep their files."""
    root = Path(tempfile.mkdtemp(prefix="captionacc-test-"))
    folders = StackFolders(root)
    folders.make()
    yield folders
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def postgres(service_folders):
    """A running server with a database that is migrated, to be copied."""
    service = PostgresService(service_folders, free_port(), secrets.token_urlsafe(24))
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


@pytest.fixture
def settings_env(monkeypatch, database_url):
    """This process's settings name the test's database."""
    monkeypatch.setenv("CAPTIONACC_DATABASE_URL", database_url)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()
