"""Postgres as our child."""

import os
import signal

import psycopg
import pytest

from captionacc.stack.postgres import CATALOG_DATABASE


def query(postgres, statement):
    """The rows of one statement."""
    with psycopg.connect(postgres.url(CATALOG_DATABASE), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


def test_nobody_gets_in_without_the_password(postgres):
    """Another user of this machine can reach the port, and nothing more."""
    url = f"postgresql://postgres:wrong@{postgres.address}/{CATALOG_DATABASE}"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)


def test_recovers_from_a_kill(postgres):
    """What was committed before a kill -9 is there after the restart."""
    query(postgres, "create table kept (x int)")
    query(postgres, "insert into kept values (7)")
    os.kill(postgres.child.pid, signal.SIGKILL)
    postgres.child.wait(30)
    postgres.start()
    postgres.wait_ready()
    assert query(postgres, "select x from kept") == [(7,)]


def test_is_not_root(postgres):
    """The server never has the rights of root."""
    assert os.stat(f"/proc/{postgres.child.pid}").st_uid != 0  # noqa: PTH116  # no file


def test_recovers_when_its_process_id_is_reused(postgres):
    """A stale lock that names a program of somebody else keeps nobody out."""
    os.kill(postgres.child.pid, signal.SIGKILL)
    postgres.child.wait(30)
    lock = postgres.folders.home("postgres") / "data" / "postmaster.pid"
    lines = lock.read_text().split("\n")
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    postgres.start()
    postgres.wait_ready()
    assert query(postgres, "select 1") == [(1,)]
