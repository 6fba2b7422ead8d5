"""The worker process: from the ledger's queue to finished runs, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

from captionacc.catalog.listen import Listener
from captionacc.catalog.pool import open_catalog
from captionacc.flows.ledger import claimant
from captionacc.logs import configure_logging
from captionacc.model.runs import WORK_POOL
from captionacc.settings import get_settings, require
from captionacc.storage.location import default_access
from captionacc.worker.disk import DiskGuard
from captionacc.worker.dispatcher import Dispatcher, flow_limits
from captionacc.worker.host import FlowHost
from captionacc.worker.janitor import Janitor
from captionacc.worker.prefect_link import PrefectLink
from captionacc.worker.reconciler import Reconciler
from captionacc.worker.warm import WarmWorker

if TYPE_CHECKING:
    from collections.abc import Coroutine

_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_AGAIN_S: Final = 5.0

_log = logging.getLogger(__name__)


async def run_worker() -> None:
    """Serve until SIGTERM or SIGINT; runs under way then wait in the ledger for the next worker.

    Raises:
        MissingDependencyError: a setting is missing.
        CatalogError: the ledger cannot be reached.
    """
    configure_logging(get_settings().log_format)  # instead of Prefect's, which is imported by now
    stop = _stop_requested()
    async with AsyncExitStack() as stack:
        catalog = await stack.enter_async_context(open_catalog(require("database_url")))
        host = await stack.enter_async_context(FlowHost())
        prefect = await stack.enter_async_context(PrefectLink())
        settings = get_settings()
        disk = DiskGuard((settings.data_dir, settings.work_dir), settings.min_free_mb << 20)
        dispatcher = Dispatcher(catalog, prefect, host, flow_limits(settings), disk)
        _log.info("connected to the ledger; waiting for Prefect")
        await _until(
            stop,
            host.serve(),
            dispatcher.serve(),
            Reconciler(catalog, prefect).serve(),
            Janitor(catalog, default_access(), settings.deleted_kept_s).serve(),
            disk.watch(catalog, dispatcher.wake),
            _wake_by_notifications(dispatcher),
            _serve_prefect_pool(prefect, host),
        )
        _log.info("stopping")


def _stop_requested() -> asyncio.Event:
    stop = asyncio.Event()
    for number in _STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _until(stop: asyncio.Event, *services: Coroutine[Any, Any, None]) -> None:
    """Run the services until ``stop`` is set or one of them fails; then end them all."""
    tasks = [asyncio.create_task(service) for service in services]
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in (stopped, *tasks):
        task.cancel()
    await asyncio.wait([stopped, *tasks])
    for task in done:
        task.result()


async def _wake_by_notifications(dispatcher: Dispatcher) -> None:
    async with Listener(require("database_url"), ["captionacc_runs"]) as listener:
        async for _ in listener.notifications():
            dispatcher.wake()


async def _serve_prefect_pool(prefect: PrefectLink, host: FlowHost) -> None:
    """Be the worker of our pool: seen in Prefect, and running what is started there."""
    while True:
        await prefect.wait_until_ready()
        worker = WarmWorker(WORK_POOL, name=claimant().replace(":", " "), host=host)
        try:
            await worker.start(printer=_log.info)
        except Exception:  # noqa: BLE001  # Prefect's own loop gave up; ours goes on
            _log.exception("the work pool is not served for now")
        await asyncio.sleep(_AGAIN_S)
