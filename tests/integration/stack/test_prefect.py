"""Prefect's server over a database: what its first start has made need not be made again."""

import httpx
import pytest

from captionacc.stack.environment import plain_environment
from captionacc.stack.folders import StackFolders
from captionacc.stack.ports import free_ports
from captionacc.stack.prefect import PrefectService

pytestmark = pytest.mark.slow
BLOCKS = "/block_types/filter"


@pytest.fixture
def service(postgres, tmp_path):
    """A server on a database of its own."""
    postgres.create_database("prefect_of_test")
    (port,) = free_ports(1)
    url = postgres.url("prefect_of_test")
    folders = StackFolders(tmp_path)
    folders.make()
    folders.home("postgres").mkdir()
    made = PrefectService(folders, port, url, plain_environment())
    yield made
    made.stop()


def test_tables_are_made_once(service):
    """The second start makes nothing, and shows and takes the same as the first."""
    known = []
    for is_made in (False, True):
        variables = service.program().environment
        told = variables.get("PREFECT_SERVER_DATABASE_MIGRATE_ON_START")
        assert (told == "false") is is_made
        service.start()
        service.wait_ready()
        answer = httpx.post(f"{service.api_url}{BLOCKS}", json={}, timeout=60)
        known.append({block["slug"] for block in answer.json()})
        assert httpx.get(service.address, timeout=60).status_code == 200
        service.stop()
    assert known[0] == known[1]
    assert known[0]
