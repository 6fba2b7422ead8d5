# ruff: noqa: S608  # the names in the statements are the tests' own
"""What the database itself shows and allows to those who come with a user's token."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal

import psycopg
import pytest
from psycopg import sql as composed

from captionacc.model.geometry import CropRegion
from captionacc.model.results import VideoProbe

pytestmark = pytest.mark.anyio
_DENIED = psycopg.errors.InsufficientPrivilege
_OPERATORS = {"lease_refusals", "phase_durations"}
"""Tables without rows of any tenant, for the operator's figures."""
_OWNERS = {"invitations"}
"""Tables that only a tenant's owners see: ``test_accounts.py``."""


@pytest.fixture
def ask(database_url):
    """Runs a statement with a role and claims, as PostgREST does; returns its rows."""

    def run(statement, *values, role="authenticated", **claims):
        with psycopg.connect(database_url) as connection:
            connection.execute(
                "select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)]
            )
            connection.execute(composed.SQL("set local role {}").format(composed.Identifier(role)))
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    return run


@pytest.fixture
def tables(sql):
    """The names of all tables with rows of tenants that each member sees."""
    rows = sql("select tablename from pg_tables where schemaname = 'captionacc' order by 1")
    return [row["tablename"] for row in rows if row["tablename"] not in _OPERATORS | _OWNERS]


@pytest.fixture
async def fill(catalog, add_video, enqueue):
    """Makes a tenant that has a row in every table; returns its id and its video's."""

    async def make():
        tenant_id, user_id = (await catalog.tenants.create("full")).id, str(uuid.uuid4())
        await catalog.tenants.add_member(tenant_id, user_id)
        video_id = await add_video(tenant_id, title="private")
        run = await enqueue(tenant_id, video_id=video_id)
        await catalog.versions.ensure(video_id, tenant_id, 1, CropRegion(0, 0, 1, 1))
        await catalog.databases.stored(video_id, "captions", tenant_id, "etag")
        await catalog.audit.record(tenant_id, user_id, "look", video_id)
        await catalog.usage.add(run, f"call of {run.id}", "local", 1, Decimal(0))
        await catalog.holds.pause(tenant_id, "for a while")
        probe = VideoProbe(1280, 720, 60.0, 25.0, "h264", 1_000_000, 0, has_vfr=False)
        await catalog.videos.activate(video_id, probe, 6, None)
        await catalog.uploads.create(
            tenant_id=tenant_id,
            user_id=user_id,
            video_id=str(uuid.uuid4()),
            filename="f",
            folder="",
            size_bytes=1,
            fingerprint=None,
            storage_key="k",
            multipart_id="m",
            part_size_bytes=1,
        )
        return tenant_id, video_id

    return make


def _member_of(tenant_id):
    return {"sub": str(uuid.uuid4()), "app_metadata": {"tenant_id": tenant_id}}


def _tenant_column(table):
    return "id" if table == "tenants" else "tenant_id"


async def test_a_member_sees_its_own_rows_alone(ask, fill, tables):
    """In every table, events included, and also when it names the other tenant or a row's id."""
    (mine, _), (theirs, their_video) = await fill(), await fill()
    for table in tables:
        column = _tenant_column(table)
        seen = ask(f"select distinct {column}::text from captionacc.{table}", **_member_of(mine))
        assert seen == [(mine,)], table
        named = ask(
            f"select * from captionacc.{table} where {column} = %s", theirs, **_member_of(mine)
        )
        assert named == [], table
    by_id = "select * from captionacc.videos where id = %s"
    assert ask(by_id, their_video, **_member_of(mine)) == []
    assert len(ask(by_id, their_video, **_member_of(theirs))) == 1


async def test_a_member_writes_nothing_of_others(ask, fill, tables, sql):
    """In every table deletion is denied and an update denied or without effect."""
    (mine, _), (theirs, _) = await fill(), await fill()
    before = {table: sql(f"select * from captionacc.{table}") for table in tables}
    for table in tables:
        column = _tenant_column(table)
        with pytest.raises(_DENIED):
            ask(f"delete from captionacc.{table}", **_member_of(mine))
        with pytest.raises(_DENIED):
            ask(f"update captionacc.{table} set {column} = %s", mine, **_member_of(mine))
        with pytest.raises(_DENIED):
            ask(
                f"insert into captionacc.{table} ({column}) values (%s)", theirs, **_member_of(mine)
            )
    update = "update captionacc.videos set title = 'taken' where tenant_id = %s"
    assert ask(update, theirs, **_member_of(mine)) == 0
    assert {table: sql(f"select * from captionacc.{table}") for table in tables} == before


def _insert(ask, claims, tenant_id, video_id=None, key_of=None, **more):
    video_id = video_id or str(uuid.uuid4())
    columns = {
        "id": video_id,
        "tenant_id": tenant_id,
        "storage_key": f"{key_of or tenant_id}/client/videos/{video_id}/video.mp4",
        "size_bytes": 1,
        **more,
    }
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    ask(f"insert into captionacc.videos ({names}) values ({places})", *columns.values(), **claims)
    return video_id


async def test_a_member_may_add_a_video_of_its_own(ask, fill, sql):
    """As supabase-js would: it waits for its first flow, and the database notes who added it."""
    mine, _ = await fill()
    claims = _member_of(mine)
    video_id = _insert(ask, claims, mine, title="t", folder="f")

    (row,) = sql("select * from captionacc.videos where id = %s", video_id)
    assert (row["status"], str(row["uploaded_by"])) == ("processing", claims["sub"])
    update = "update captionacc.videos set title = 'new', folder = 'other' where id = %s"
    assert ask(update, video_id, **claims) == 1


async def test_a_member_sets_nothing_else_of_a_video(ask, fill):
    """Neither on insert nor by an update, and nothing of another tenant."""
    (mine, my_video), (theirs, their_video) = await fill(), await fill()
    claims = _member_of(mine)
    for more in ({"status": "active"}, {"uploaded_by": str(uuid.uuid4())}, {"active_version": 1}):
        with pytest.raises(_DENIED):
            _insert(ask, claims, mine, **more)
        (column,) = more
        with pytest.raises(_DENIED):
            ask(
                f"update captionacc.videos set {column} = %s where id = %s",
                more[column],
                my_video,
                **claims,
            )
    with pytest.raises(_DENIED):
        _insert(ask, claims, theirs)
    with pytest.raises(psycopg.errors.CheckViolation):
        _insert(ask, claims, mine, key_of=theirs)
    with pytest.raises(psycopg.errors.UniqueViolation):
        _insert(ask, claims, mine, video_id=their_video)


async def test_a_viewer_changes_nothing(ask, catalog, fill):
    """Who may only look sees the tenant's videos, and neither adds nor renames one."""
    mine, _ = await fill()
    claims = _member_of(mine)
    await catalog.tenants.add_member(mine, claims["sub"], "viewer")
    assert ask("select * from captionacc.videos", **claims)
    assert ask("update captionacc.videos set title = 'new'", **claims) == 0
    with pytest.raises(_DENIED):
        _insert(ask, claims, mine)


async def test_without_a_tenant_nothing_is_shown(ask, fill, tables):
    """Anonymous requests are denied; a user who is no member sees and adds nothing."""
    mine, _ = await fill()
    nobody = {"sub": str(uuid.uuid4())}
    for table in tables:
        with pytest.raises(_DENIED):
            ask(f"select * from captionacc.{table}", role="anon")
        assert ask(f"select * from captionacc.{table}", **nobody) == [], table
    with pytest.raises(_DENIED):
        _insert(ask, nobody, mine)


async def test_a_token_without_tenant_has_that_of_its_user(ask, catalog, fill):
    """The profile counts, but what the token says comes first."""
    (mine, my_video), (theirs, their_video) = await fill(), await fill()
    user_id = str(uuid.uuid4())
    await catalog.tenants.add_member(mine, user_id)
    query = "select id::text from captionacc.videos"

    assert ask(query, sub=user_id) == [(my_video,)]
    assert ask(query, sub=user_id, app_metadata={"tenant_id": theirs}) == [(their_video,)]


async def test_what_a_user_says_of_itself_does_not_count(ask, fill):
    """Users can write their own `user_metadata`."""
    mine, _ = await fill()
    claims = {"sub": str(uuid.uuid4()), "user_metadata": {"tenant_id": mine}, "tenant_id": mine}

    assert ask("select * from captionacc.videos", **claims) == []


async def test_the_service_role_sees_all(ask, fill, tables):
    """It is what the API and the flows are."""
    first, second = (await fill())[0], (await fill())[0]
    for table in tables:
        column = _tenant_column(table)
        seen = ask(f"select distinct {column}::text from captionacc.{table}", role="service_role")
        assert {(first,), (second,)} <= set(seen), table


async def test_the_webhook_is_set_by_the_owner_alone(ask, fill):
    """No user can have the database call another address, or read what it is about to send."""
    mine, _ = await fill()
    for statement in (
        "select captionacc.set_video_webhook('http://evil', '')",
        "select * from supabase_functions.outbox",
    ):
        with pytest.raises(_DENIED):
            ask(statement, **_member_of(mine))


async def test_every_table_is_protected(sql, tables, ask, fill):
    """A table that is added later must not be forgotten."""
    assert len(tables) == 12
    mine, _ = await fill()
    for table in _OPERATORS:
        with pytest.raises(_DENIED):
            ask(f"select * from captionacc.{table}", **_member_of(mine))
    open_tables = sql(
        "select tablename from pg_tables where schemaname = 'captionacc' and not rowsecurity"
    )
    assert open_tables == []
    published = sql(
        "select tablename from pg_publication_tables where pubname = 'supabase_realtime'"
    )
    assert {row["tablename"] for row in published} == {"videos", "processing_runs"}


async def test_what_belongs_to_a_video_is_its_tenants(sql, fill):
    """The schema refuses a run of one tenant for another's video, whoever writes it."""
    (mine, _), (_, their_video) = await fill(), await fill()
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        sql(
            "insert into captionacc.processing_runs"
            " (tenant_id, video_id, flow, subject, idempotency_key)"
            " values (%s, %s, 'median-ocr', 'crossing', 'crossing')",
            mine,
            their_video,
        )
