"""Real workers, ledger and Prefect server; only the compute functions are canned."""

from __future__ import annotations

import os
from itertools import count

import pytest

from captionacc.stack.ports import free_ports
from captionacc.stack.postgres import PREFECT_DATABASE
from captionacc.storage.access import S3Access
from captionacc.storage.s3 import S3Store

from .programs import (
    CAPTIONACC,
    HERE,
    Canned,
    Ledger,
    PrefectServer,
    Program,
    wait_until,
)
from .stand_in_api import TOKEN, StandInApi


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
def api(object_store):
    """The API's internal endpoints."""
    settings = object_store.environment
    access = S3Access(
        bucket=settings["CAPTIONACC_S3_BUCKET"],
        endpoint=settings["CAPTIONACC_S3_ENDPOINT"],
        region="us-east-1",
        access_key_id=settings["CAPTIONACC_S3_ACCESS_KEY_ID"],
        secret_access_key=settings["CAPTIONACC_S3_SECRET_ACCESS_KEY"],
    )
    server = StandInApi(S3Store(access))
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def worker_env(ledger, canned, api, prefect_server, object_store):
    """The environment of all workers."""
    folder = canned.folder
    return dict(os.environ) | {
        **object_store.environment,
        "PYTHONPATH": str(HERE / "canned"),
        "CANNED": str(folder),
        "CAPTIONACC_DATABASE_URL": ledger.url,
        "CAPTIONACC_PREFECT_API_URL": prefect_server.api_url,
        "CAPTIONACC_API_URL": api.url,
        "CAPTIONACC_SERVICE_TOKEN": TOKEN,
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
