"""The schema comes into a database, and changes reach the API."""

from __future__ import annotations

import asyncio
import re
import uuid
from itertools import count

import psycopg
import pytest

from captionacc.catalog.migrate import WebhookTarget, migrate, sql_files
from captionacc.catalog.outbox import Outbox
from captionacc.catalog.pool import open_catalog
from captionacc.errors import CatalogError

pytestmark = pytest.mark.anyio
_NUMBERS = count(1)


@pytest.fixture
def empty_database(postgres):
    """The address of a database without any schema."""
    name = f"empty_{next(_NUMBERS)}"
    postgres.create_database(name)
    return postgres.url(name)


async def test_migrating_twice_applies_each_file_once(empty_database):
    """The second time nothing is left to do, and the history is the Supabase CLI's."""
    versions = tuple(path.stem.partition("_")[0] for path in sql_files("migrations"))

    assert await migrate(empty_database, webhook=None, embedded=True) == versions
    assert await migrate(empty_database, webhook=None, embedded=True) == ()
    with psycopg.connect(empty_database) as connection:
        history = connection.execute(
            "select version, name from supabase_migrations.schema_migrations order by version"
        ).fetchall()
    assert history == [tuple(path.stem.split("_", 1)) for path in sql_files("migrations")]


async def test_migrating_at_the_same_time_applies_each_file_once(empty_database):
    """Of several at once one does it, and all find it done."""
    target = WebhookTarget("http://127.0.0.1:1/hook", "s")
    outcomes = await asyncio.gather(
        *(migrate(empty_database, webhook=target, embedded=True) for _ in range(6))
    )

    assert sorted(map(len, outcomes)) == [0, 0, 0, 0, 0, len(sql_files("migrations"))]


async def test_a_broken_migration_leaves_no_trace(empty_database, tmp_path, monkeypatch):
    """Either all of a file is applied and recorded, or nothing."""
    broken = tmp_path / "20990101000000_broken.sql"
    broken.write_text("create table half (id integer); select 1 / 0;")
    monkeypatch.setattr("captionacc.catalog.migrate.sql_files", lambda _: [broken])

    with pytest.raises(CatalogError, match="20990101000000_broken"):
        await migrate(empty_database, webhook=None, embedded=False)
    with psycopg.connect(empty_database) as connection:
        left = connection.execute("select to_regclass('half')").fetchall()
        history = connection.execute("select * from supabase_migrations.schema_migrations")
        assert (left, history.fetchall()) == ([(None,)], [])


async def test_a_database_without_schema_says_what_to_do(empty_database):
    """Whoever opens the catalog too early is told of `migrate`."""
    async with open_catalog(empty_database) as catalog:
        with pytest.raises(CatalogError, match="captionacc migrate"):
            await catalog.tenants.create("early")


async def test_a_database_out_of_reach_is_a_transient_failure(postgres):
    """Nobody there and a wrong password are told at once, without the password."""
    for url in ("postgresql://u:sesame@127.0.0.1:1/x", postgres.url("no_such_database")):
        with pytest.raises(CatalogError) as caught:
            await migrate(url, webhook=None, embedded=True)
        assert "sesame" not in str(caught.value)
        assert not re.search(r"//\w+:", str(caught.value))


async def test_a_new_video_goes_to_the_newest_webhook(empty_database):
    """The body is that of Supabase; the address and secret are those that were set last."""
    for number in (1, 2):
        target = WebhookTarget(f"http://127.0.0.1:{number}/hook", f"secret '{number}'")
        await migrate(empty_database, webhook=target, embedded=True)
    async with open_catalog(empty_database) as catalog:
        tenant = (await catalog.tenants.create("hooked")).id
        video_id = str(uuid.uuid4())
        key = f"{tenant}/client/videos/{video_id}/video.mp4"
        with psycopg.connect(empty_database, autocommit=True) as connection:
            connection.execute("listen captionacc_outbox")
            await catalog.videos.insert(
                video_id=video_id,
                tenant_id=tenant,
                uploaded_by=None,
                title="t" * 500,
                folder="f",
                storage_key=key,
                size_bytes=1,
            )
            assert list(connection.notifies(timeout=10, stop_after=1))
        await catalog.videos.rename(video_id, tenant, "an update is not told")

        (delivery,) = await Outbox(catalog).due(10)
        assert (delivery.url, delivery.method) == ("http://127.0.0.1:2/hook", "POST")
        assert delivery.headers == {
            "Content-Type": "application/json",
            "X-Webhook-Secret": "secret '2'",
        }
        assert set(delivery.body) == {"type", "table", "schema", "record", "old_record"}
        assert delivery.body["type"] == "INSERT"
        assert (delivery.body["schema"], delivery.body["table"]) == ("captionacc", "videos")
        assert delivery.body["record"]["storage_key"] == key
        assert delivery.body["old_record"] is None


async def test_a_delivery_is_tried_three_times(catalog, sql):
    """What fails becomes due again, is given up after the third time, and kept to be looked at."""
    sql(
        "insert into supabase_functions.outbox (url, method, headers, body, timeout_ms)"
        " select 'http://127.0.0.1:1', 'POST', '{}', '{}', 5000 from generate_series(1, 2)"
    )
    outbox = Outbox(catalog)
    good, bad = await outbox.due(10)
    assert await outbox.due(10) == []
    await outbox.delivered(good.id)
    for attempt in (1, 2, 3):
        assert bad.attempts == attempt
        await outbox.failed(bad.id, "refused")
        sql("update supabase_functions.outbox set next_attempt_at = now()")
        bad = next(iter(await outbox.due(10)), None)

    assert bad is None
    (left,) = sql(
        "select given_up_at is not null as is_given_up, error from supabase_functions.outbox"
    )
    assert left == {"is_given_up": True, "error": "refused"}
