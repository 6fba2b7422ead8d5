"""Peers in Node, which take a second to start."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="module")
def browsers():
    """Two real browsers' databases."""
    from peers import Browser  # noqa: PLC0415  # found beside this file

    pair = (Browser(), Browser())
    yield pair
    for browser in pair:
        browser.close()
