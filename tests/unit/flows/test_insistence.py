"""Asking again while Postgres restarts."""

import asyncio

import pytest

from captionacc.errors import CatalogError, StaleRunError
from captionacc.flows import insistence
from captionacc.flows.insistence import insist


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    """Tests do not wait."""
    monkeypatch.setattr(insistence, "_PAUSE_S", 0)


def answering(*answers):
    """A question with these answers, one after the other."""
    left = list(answers)

    async def ask():
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask


def test_asks_until_the_ledger_answers():
    """A ledger that comes back in time is as one that was never away."""
    ask = answering(CatalogError("away"), CatalogError("away"), "here")
    assert asyncio.run(insist(ask)) == "here"


def test_gives_up():
    """A ledger that stays away is told of."""
    with pytest.raises(CatalogError, match="away"):
        asyncio.run(insist(answering(CatalogError("away")), patience_s=0))


def test_other_errors_are_answers():
    """What the ledger refuses is not asked again."""
    with pytest.raises(StaleRunError):
        asyncio.run(insist(answering(StaleRunError("old"), "here")))
