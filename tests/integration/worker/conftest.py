"""Real workers, ledger and Prefect server; only the compute functions are canned."""

from __future__ import annotations

import os
from itertools import count

import pytest

from captionacc.stack.folders import StackFolders
from captionacc.stack.ports import free_ports
from captionacc.stack.postgres import PREFECT_DATABASE

from .programs import (
    CAPTIONACC,
    HERE,
    Api,
    Canned,
    Ledger,
    PrefectServer,
    Program,
    wait_until,
)


@pytest.fixture(scope="session")
def prefect_server(postgres, service_folders):
    """One for all tests, for it takes long to start; it may not answer yet."""
    (port,) = free_ports(1)
    database_url = postgres.url(PREFECT_DATABASE)
    server = PrefectServer(service_folders, port, database_url, dict(os.environ))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def ledger(database_url):
    """A ledger of this module's own."""
    return Ledger(database_url)


@pytest.fixture(scope="module")
def canned(tmp_path_factory):
    """The compute functions."""
    return Canned(tmp_path_factory.mktemp("canned"))


@pytest.fixture(scope="module")
def services_env(ledger, object_store, service_secrets, prefect_server):
    """Where everything is, for the API and for workers."""
    (port,) = free_ports(1)
    return dict(os.environ) | {
        **object_store.environment,
        **prefect_server.environment,
        "CAPTIONACC_DATABASE_URL": ledger.url,
        "CAPTIONACC_API_PORT": str(port),
        "CAPTIONACC_API_URL": f"http://127.0.0.1:{port}",
        "CAPTIONACC_SERVICE_TOKEN": service_secrets.service_token,
        "CAPTIONACC_WEBHOOK_SECRET": service_secrets.webhook_secret,
        "CAPTIONACC_JWT_SECRET": service_secrets.jwt_secret,
    }


@pytest.fixture(scope="module")
def api(services_env, service_folders, ledger):
    """The real API, which has ``captions.db``; only what needs it starts it."""
    server = Api(service_folders, services_env, ledger.tenant_id)
    server.start()
    try:
        server.wait_ready()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def second_api(services_env, tmp_path_factory, ledger):
    """Another process of the API, for the same database."""
    folders = StackFolders(tmp_path_factory.mktemp("second-api"))
    folders.make()
    (port,) = free_ports(1)
    server = Api(folders, services_env | {"CAPTIONACC_API_PORT": str(port)}, ledger.tenant_id)
    server.start()
    try:
        server.wait_ready()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def worker_env(services_env, canned):
    """The environment of all workers."""
    folder = canned.folder
    return services_env | {
        "PYTHONPATH": str(HERE / "canned"),
        "CANNED": str(folder),
        "CAPTIONACC_DATA_DIR": str(folder / "data"),
        "CAPTIONACC_CACHE_DIR": str(folder / "cache"),
        "CAPTIONACC_COMPUTE_WORKERS": "2",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }


@pytest.fixture(scope="module")
def start_worker(worker_env, canned):
    """Starts a ``captionacc worker``; all of them are stopped in the end."""
    started, numbers = [], count(1)

    def start(**env):
        log_path = canned.folder / f"worker-{next(numbers)}.log"
        worker = Program([CAPTIONACC, "worker"], worker_env | env, log_path)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture(scope="module")
def start_ready_worker(start_worker, prefect_server):
    """Starts a worker and waits until it claims runs."""

    def start(**env):
        worker = start_worker(**env)
        prefect_server.wait_ready()

        def is_ready():
            assert worker.is_alive(), worker.log[-4000:]
            return "Prefect is ready" in worker.log

        wait_until(is_ready, "the worker")
        return worker

    return start
