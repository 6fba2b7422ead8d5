"""Work that a cancellation must not cut off."""

import asyncio

import pytest

from captionacc.flows.uninterrupted import uninterrupted


def test_work_ends_although_its_waiter_is_cancelled():
    """A cancellation that comes in the middle lets the work end and its result through."""

    async def scenario():
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def work():
            begun.set()
            await go_on.wait()
            return "done"

        waiter = asyncio.create_task(uninterrupted(work()))
        await begun.wait()
        waiter.cancel()
        await asyncio.sleep(0)
        assert not waiter.done()
        go_on.set()
        return await waiter

    assert asyncio.run(scenario()) == "done"


def test_failure_of_the_work_is_raised():
    """What the work raises is raised."""

    async def work():
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        asyncio.run(uninterrupted(work()))
