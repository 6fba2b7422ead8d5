"""A catalog on a database of the module's own, and what a test needs in it."""

from __future__ import annotations

import asyncio
import time
import uuid

import psycopg
import pytest
from psycopg.rows import dict_row

from captionacc.catalog.pool import open_catalog
from captionacc.model.runs import FlowName


@pytest.fixture(scope="module")
def anyio_backend():
    """Async tests of a module share one event loop, as the pool needs."""
    return "asyncio"


@pytest.fixture(scope="module")
async def catalog(database_url):
    """The catalog."""
    async with open_catalog(database_url) as catalog:
        yield catalog


@pytest.fixture
def sql(database_url):
    """Runs a statement past the catalog; returns its rows."""

    def run(statement, *values):
        with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
async def tenant(catalog):
    """The id of a new tenant."""
    return (await catalog.tenants.create("test")).id


@pytest.fixture
def add_video(catalog):
    """Adds a video to a tenant; returns its id."""

    async def add(tenant_id, **fields):
        video_id = str(uuid.uuid4())
        described = {"uploaded_by": None, "title": "clip", "folder": "", "size_bytes": 1000}
        await catalog.videos.insert(
            video_id=video_id,
            tenant_id=tenant_id,
            storage_key=f"{tenant_id}/client/videos/{video_id}/video.mp4",
            **{**described, **fields},
        )
        return video_id

    return add


@pytest.fixture
def enqueue(catalog, add_video):
    """Queues a run, of a new video if none is given."""

    async def add(tenant_id, *, flow=FlowName.MEDIAN_OCR, video_id=None, key=None, **fields):
        return await catalog.runs.enqueue(
            flow,
            tenant_id=tenant_id,
            video_id=video_id or await add_video(tenant_id),
            idempotency_key=key or str(uuid.uuid4()),
            **fields,
        )

    return add


@pytest.fixture
def idle(sql):
    """The queue is empty and nothing runs."""
    sql("update captionacc.processing_runs set state = 'cancelled' where finished_at is null")


@pytest.fixture
def eventually():
    """Asks until the answer is true; returns it."""

    async def wait(ask, patience_s=20):
        deadline = time.monotonic() + patience_s
        while not (answer := await ask()):
            assert time.monotonic() < deadline, "it did not happen in time"
            await asyncio.sleep(0.02)
        return answer

    return wait
