"""Who may write a video's database."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from captionacc.errors import LeasedError, NotFoundError
from captionacc.model.runs import FlowName

pytestmark = pytest.mark.anyio


@pytest.fixture
async def video(tenant, add_video):
    """The id of a video."""
    return await add_video(tenant)


@pytest.fixture
def acquire(catalog, tenant, video):
    """Asks for the lease of the layout."""

    async def ask(holder, seconds=60.0, kind="run", **more):
        return await catalog.databases.acquire_lease(
            video, "layout", tenant, kind, holder, seconds, **more
        )

    return ask


@pytest.fixture
def expire(sql, video):
    """The lease is over."""

    def let():
        sql(
            "update captionacc.video_database_state"
            " set lease_expires_at = now() - interval '1 s' where video_id = %s",
            video,
        )

    return let


async def test_of_many_at_the_same_time_one_gets_it(catalog, acquire, video):
    """All others are told who has it; after each release the next one wins alone."""
    for generation in range(1, 6):
        holders = [str(uuid.uuid4()) for _ in range(8)]
        outcomes = await asyncio.gather(*map(acquire, holders), return_exceptions=True)
        (won,) = [one for one in outcomes if not isinstance(one, LeasedError)]

        assert won.lease_generation == generation
        assert all(
            won.lease_holder in one.message for one in outcomes if isinstance(one, LeasedError)
        )
        await catalog.databases.release(video, "layout", won.lease_holder, generation)


async def test_its_holder_renews_it(acquire):
    """Under the same generation, to a later end."""
    first = await acquire("a", seconds=10, connection="c1")
    second = await acquire("a", seconds=60)

    assert second.lease_generation == first.lease_generation
    assert second.lease_expires_at > first.lease_expires_at
    assert second.active_connection == "c1"
    with pytest.raises(LeasedError, match="run a"):
        await acquire("a", kind="user")


async def test_a_dead_holders_lease_passes_on(catalog, acquire, expire, video):
    """The generation grows, and the former holder can neither renew nor release."""
    old = await acquire("dead", connection="c1")
    expire()
    new = await acquire("heir", kind="user")

    assert (new.lease_generation, new.active_connection) == (old.lease_generation + 1, None)
    with pytest.raises(LeasedError, match="user heir"):
        await acquire("dead")
    await catalog.databases.release(video, "layout", "dead", old.lease_generation)
    await catalog.databases.release(video, "layout", "heir", old.lease_generation)
    assert (await catalog.databases.state(video, "layout")) == new


async def test_a_late_holder_may_go_on_if_nobody_came(acquire, expire):
    """Its writes are still the last, so its generation holds."""
    first = await acquire("a")
    expire()

    assert (await acquire("a")).lease_generation == first.lease_generation


@pytest.mark.parametrize("end", ["succeed", "cancelled"])
async def test_the_lease_of_a_run_ends_with_it(  # noqa: PLR0917  # fixtures
    catalog, acquire, enqueue, tenant, video, end
):
    """Nobody waits for the lease of a run that is over; one that will be tried again keeps it."""
    await enqueue(tenant, video_id=video, subject="layout")
    run = await catalog.runs.claim(FlowName.MEDIAN_OCR, 9, "w")
    await acquire(run.id)
    await catalog.runs.release(run, 0)
    with pytest.raises(LeasedError):
        await acquire("next")
    run = await catalog.runs.claim(FlowName.MEDIAN_OCR, 9, "w")
    await getattr(catalog.runs, end)(run)

    assert (await acquire("next")).lease_generation == 2


async def test_databases_are_leased_apart(catalog, acquire, tenant, video):
    """A lease on one says nothing of another."""
    await acquire("a")
    other = await catalog.databases.acquire_lease(video, "captions", tenant, "user", "b", 60)

    assert other.lease_holder == "b"


async def test_only_the_videos_tenant_gets_a_lease(catalog, acquire, video):
    """Neither a first one nor one that has expired."""
    other = (await catalog.tenants.create("other")).id
    for _ in range(2):
        with pytest.raises(NotFoundError):
            await catalog.databases.acquire_lease(video, "layout", other, "user", "b", 60)
        await acquire("a", seconds=-1)


async def test_stored_copies_are_counted(catalog, acquire, tenant, video):
    """Whoever holds the lease; at the same time too."""
    assert await catalog.databases.state(video, "layout") is None
    await acquire("a")
    await asyncio.gather(
        *(catalog.databases.stored(video, "layout", tenant, f"e{n}") for n in range(8))
    )
    state = await catalog.databases.stored(video, "layout", tenant, "last")

    assert (state.version, state.etag, state.lease_holder) == (9, "last", "a")
