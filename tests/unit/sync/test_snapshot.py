"""A snapshot is the database of the client that it was made for."""

import gzip
import secrets

import pytest

from captionacc.databases import captions
from captionacc.databases.schema import new_database
from captionacc.sync.engine.database import SyncDatabase
from captionacc.sync.sharing import open_shared
from captionacc.sync.snapshot import snapshot

CLIENT = secrets.token_bytes(16)
ROWS = "SELECT id, text, text_notes FROM captions ORDER BY id"


@pytest.fixture
def server(tmp_path):
    """The captions of a video on the server."""
    path = tmp_path / "server" / "captions.db"
    path.parent.mkdir()
    with new_database(path, captions.SCHEMA) as connection:
        connection.executemany("INSERT INTO captions (id) VALUES (?)", [(1,), (2,), (3,)])
    with open_shared(path, "captions") as database:
        yield database


@pytest.fixture
def opened(server, tmp_path):
    """Opens a new snapshot as a client does."""
    clients = []

    def take(site_id=CLIENT):
        taken = snapshot(server, site_id)
        path = tmp_path / f"client-{len(clients)}.db"
        path.write_bytes(gzip.decompress(taken.content))
        clients.append(SyncDatabase(path))
        return clients[-1], taken.db_version

    yield take
    for client in clients:
        client.close()


def test_it_is_the_clients(server, opened):
    """The rows are there, the site is the client's, and nothing of it counts as made there."""
    client, _ = opened()
    assert client.site_id == CLIENT
    assert client.execute(ROWS) == server.execute(ROWS)
    assert client.changes_since(0, exclude=server.site_id).changes == ()
    assert client.execute("PRAGMA integrity_check") == [("ok",)]


def test_the_sync_goes_on_from_it(server, opened):
    """Changes after the snapshot, in both directions, merge as if all had been merged before."""
    client, place = opened()
    begin = client.db_version
    server.execute("UPDATE captions SET text = 'read' WHERE id = 1")
    client.execute("UPDATE captions SET text_notes = 'mine' WHERE id = 1")
    client.execute("DELETE FROM captions WHERE id = 3")
    mine = client.changes_since(begin, exclude=server.site_id).changes
    theirs = server.changes_since(place, exclude=CLIENT).changes
    assert {change.site_id for change in mine} == {CLIENT}
    assert {change.cid for change in theirs} == {"text"}
    client.apply(theirs)
    server.apply(mine)
    assert client.execute(ROWS) == server.execute(ROWS) == [(1, "read", "mine"), (2, None, None)]


def test_a_second_snapshot_knows_the_client(server, opened):
    """What the client wrote before is its own again, and is not sent back as somebody else's."""
    client, place = opened()
    client.execute("UPDATE captions SET text = 'mine' WHERE id = 2")
    mine = client.changes_since(place, exclude=server.site_id).changes
    server.apply(mine)
    again, place = opened()
    assert again.execute(ROWS) == server.execute(ROWS)
    kept = again.changes_since(0, exclude=server.site_id).changes
    assert [(one.pk, one.cid, one.val, one.site_id) for one in kept] == [
        (one.pk, one.cid, one.val, CLIENT) for one in mine
    ]
    assert server.changes_since(place, exclude=CLIENT).changes == ()


def test_a_third_keeps_its_name(server, opened):
    """What another client wrote is still that client's."""
    other, place = opened(secrets.token_bytes(16))
    other.execute("UPDATE captions SET text = 'theirs' WHERE id = 2")
    server.apply(other.changes_since(place, exclude=server.site_id).changes)
    client, _ = opened()
    theirs = client.changes_since(0, exclude=server.site_id).changes
    assert {change.site_id for change in theirs} == {other.site_id}


def test_the_server_is_left_as_it_was(server, opened):
    """Nothing of the copy stays, and the server's site and place do not change."""
    before = (server.site_id, server.db_version, sorted(server.path.parent.iterdir()))
    opened()
    assert (server.site_id, server.db_version, sorted(server.path.parent.iterdir())) == before
