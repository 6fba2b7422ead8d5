"""What is asked again while Postgres restarts."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, TypeVar

from captionacc.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_T = TypeVar("_T")

_PATIENCE_S: Final = 10.0
_PAUSE_S: Final = 0.5


async def insist(ask: Callable[[], Awaitable[_T]], patience_s: float = _PATIENCE_S) -> _T:
    """What ``ask`` returns, asked again while the ledger does not answer.

    Shorter than a run's heartbeat may be old, so that the run is still ours.

    Raises:
        CatalogError: it did not answer for ``patience_s`` seconds.
    """
    given_up = time.monotonic() + patience_s
    while True:
        try:
            return await ask()
        except CatalogError:
            if time.monotonic() >= given_up:
                raise
        await asyncio.sleep(_PAUSE_S)
