"""Many databases at once, from one event loop."""

import asyncio
import gc
import threading

import psutil
import pytest

from captionacc.errors import InternalError
from captionacc.sync.engine.workers import Turns, Workers

COUNT = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) SELECT sum(i) FROM n"
)
MOST_MB_EACH = 2.0


@pytest.fixture
def workers():
    """The threads of a process."""
    threads = Workers()
    yield threads
    threads.close()


def add(row_id):
    """Work that adds a row and returns how many there are."""

    def work(database):
        database.execute("INSERT INTO notes (id) VALUES (?)", (row_id,))
        return database.execute("SELECT count(*) FROM notes")[0][0]

    return work


def test_work_is_done_in_the_order_it_was_asked(databases, workers):
    """One thing at a time happens to a database, first come first served."""
    turns = Turns(databases.open(), workers)

    async def ask():
        return await asyncio.gather(*(turns.run(add(number)) for number in range(50)))

    assert asyncio.run(ask()) == list(range(1, 51))


def test_failure_is_the_callers(databases, workers):
    """What work raises reaches who asked for it, and the next one is not concerned."""
    turns = Turns(databases.open(), workers)

    async def ask():
        with pytest.raises(ZeroDivisionError):
            await turns.run(lambda _: 1 / 0)
        return await turns.run(add(1))

    assert asyncio.run(ask()) == 1


def test_cancelled_work_ends_before_the_next(databases, workers):
    """Nobody gets the database while a thread is still in it."""
    turns = Turns(databases.open(), workers)
    entered, leave = threading.Event(), threading.Event()

    def stand(database):
        entered.set()
        assert leave.wait(30)
        database.execute("INSERT INTO notes (id) VALUES (1)")

    async def ask():
        standing = asyncio.create_task(turns.run(stand))
        assert await asyncio.to_thread(entered.wait, 30)
        standing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await standing
        following = asyncio.create_task(turns.run(add(2)))
        await asyncio.sleep(0)
        leave.set()
        return await following

    assert asyncio.run(ask()) == 2


def test_busy_database_holds_up_nobody(databases, workers):
    """While one database computes, others commit and the event loop turns."""
    busy, other = (Turns(databases.open(f"{name}.db"), workers) for name in ("busy", "other"))
    done = threading.Event()

    def compute(database):
        while not done.is_set():
            database.execute(COUNT, (200_000,))

    async def ask():
        computing = asyncio.create_task(busy.run(compute))
        counts = [await other.run(add(number)) for number in range(20)]
        done.set()
        await computing
        return counts

    assert asyncio.run(asyncio.wait_for(ask(), 60)) == list(range(1, 21))


def test_slow_store_holds_up_no_database(databases, workers):
    """However many wait for it, edits go on."""
    turns = Turns(databases.open(), workers)
    answer = threading.Event()

    async def ask():
        waiting = [asyncio.create_task(workers.wait(lambda: answer.wait(30))) for _ in range(40)]
        counts = [await turns.run(add(number)) for number in range(3)]
        answer.set()
        assert all(await asyncio.gather(*waiting))
        return counts

    assert asyncio.run(asyncio.wait_for(ask(), 60)) == [1, 2, 3]


def test_two_hundred_databases_are_small(databases):
    """Open databases that have just been worked on take less than two megabytes each."""
    first = databases.open("first.db")
    first.execute("INSERT INTO notes (id) VALUES (1)")
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    for number in range(200):
        database = databases.open(f"{number}.db")
        with database.transaction():
            for row_id in range(20):
                database.execute("INSERT INTO notes (id, text) VALUES (?, 'text')", (row_id,))
        assert len(database.changes_since(0).changes) == 80
    each_mb = (process.memory_info().rss - before) / 200 / 1e6
    assert each_mb < MOST_MB_EACH


def test_closed_database_gives_its_memory_back(databases):
    """Opening and closing for ever does not grow."""
    databases.open().close()
    process = psutil.Process()
    sizes = []
    for _ in range(4):
        for _ in range(25):
            databases.open().close()
        gc.collect()
        sizes.append(process.memory_info().rss)
    assert sizes[-1] - sizes[1] < 20e6


def test_closed_database_refuses_work(databases, workers):
    """Late work is told so."""
    database = databases.open()
    database.close()
    with pytest.raises(InternalError):
        asyncio.run(Turns(database, workers).run(add(1)))
