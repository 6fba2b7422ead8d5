"""From what ended a run to what the ledger, the video and Prefect are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from prefect.states import Cancelled, Failed

from captionacc.compute.failures import as_captionacc_error
from captionacc.errors import (
    CancelledError,
    CaptionAccError,
    InternalError,
    LeasedError,
    StaleRunError,
)
from captionacc.flows.insistence import insist
from captionacc.flows.retries import retry_delay_s
from captionacc.model.runs import RunError, RunState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from prefect.client.schemas.objects import State

    from captionacc.flows.run import FlowRun
    from captionacc.model.runs import Run

_LEASE_AGAIN_S: Final = 5.0
_LEASE_PATIENCE: Final = timedelta(minutes=10)


async def settle(
    run: FlowRun,
    error: BaseException,
    when_failed: Iterable[Callable[[CaptionAccError], Awaitable[None]]],
) -> State[None]:
    """Record why ``run`` ended, and what follows; returns the state for Prefect.

    Raises:
        CatalogError: the ledger cannot be reached; the run's heartbeat gets old, and the
            reconciler does the rest.
    """
    known = as_captionacc_error(error)
    if isinstance(known, InternalError):
        run.log.error("A bug of ours.", exc_info=error)
    try:
        if isinstance(known, StaleRunError):
            return Cancelled(message=known.message)
        if isinstance(known, LeasedError) and _has_patience(run.ledger):
            await insist(lambda: run.catalog.runs.release(run.ledger, _LEASE_AGAIN_S))
            return Cancelled(message=f"{known.message} The run waits for it.")
        if isinstance(known, CancelledError):
            await insist(lambda: run.catalog.runs.cancelled(run.ledger))
            return Cancelled(message=known.message)
        return await _fail(run, known, when_failed)
    except StaleRunError as stale:
        return Cancelled(message=stale.message)


def _has_patience(run: Run) -> bool:
    """Whether the run may go on waiting for a lease, which is given back or expires."""
    return datetime.now(UTC) - run.created_at < _LEASE_PATIENCE


async def _fail(
    run: FlowRun,
    error: CaptionAccError,
    when_failed: Iterable[Callable[[CaptionAccError], Awaitable[None]]],
) -> State[None]:
    delay_s = retry_delay_s(error, run.ledger.attempt)
    told = RunError(code=error.code, message=error.message, hint=error.hint, run_id=run.ledger.id)
    settled = await insist(lambda: run.catalog.runs.fail(run.ledger, told, delay_s))
    if settled.state == RunState.FAILED:
        for act in when_failed:
            await _try(act, error, run)
    return Failed(message=f"{error.code}: {error}{_what_follows(settled)}")


async def _try(
    act: Callable[[CaptionAccError], Awaitable[None]], error: CaptionAccError, run: FlowRun
) -> None:
    """The failure is recorded already; that this fails too changes nothing of it."""
    try:
        await act(error)
    except CaptionAccError as another:
        run.log.warning("%s", another)


def _what_follows(run: Run) -> str:
    return " It is tried again." if run.state == RunState.QUEUED else ""
