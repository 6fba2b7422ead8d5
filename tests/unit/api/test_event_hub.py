"""Who is woken by what."""

from contextlib import ExitStack

import pytest
from starlette.exceptions import HTTPException

from captionacc.api.event_hub import EventHub


def test_wakes_the_tenant():
    """A tenant's streams are woken, others not; an empty name wakes all."""
    hub = EventHub()
    with hub.waiting("a") as one, hub.waiting("a") as two, hub.waiting("b") as other:
        hub.wake("a")
        assert (one.is_set(), two.is_set(), other.is_set()) == (True, True, False)
        hub.wake("")
        assert other.is_set()
        hub.wake("nobody")


def test_too_many_streams():
    """A tenant can open only so many; when one ends there is room again."""
    hub = EventHub()
    with ExitStack() as streams:
        for _ in range(100):
            streams.enter_context(hub.waiting("a"))
        with pytest.raises(HTTPException) as refused, hub.waiting("a"):
            pass
        assert refused.value.status_code == 429
        with hub.waiting("b"):
            pass
    with hub.waiting("a"):
        pass
