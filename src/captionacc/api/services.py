"""What requests use, opened in the background so that the server listens at once."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from captionacc.api.activity import Activity
from captionacc.api.auth import TokenVerifier
from captionacc.api.event_hub import EventHub
from captionacc.api.layout_predictions import LayoutPredictions
from captionacc.api.limits import RateLimit, VideoLocks
from captionacc.api.metrics import Metrics
from captionacc.catalog.pool import open_catalog
from captionacc.errors import CatalogError, MissingDependencyError
from captionacc.settings import variable_name
from captionacc.storage.access import S3Access
from captionacc.storage.multipart import MultipartUploads
from captionacc.storage.s3 import S3Store
from captionacc.storage.signing import Signer
from captionacc.sync.copies import WorkingCopies

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from pydantic import SecretStr

    from captionacc.catalog.pool import Catalog
    from captionacc.settings import Settings
    from captionacc.storage.store import ObjectInfo, ObjectStore

_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0
_THREADS: Final = 32
"""For calls that block; many, since a store that is slow holds them for long."""

_SESSIONS_AT_ONCE: Final = 60
_SESSIONS_PER_S: Final = 5.0
_NO_OBJECT: Final = "readyz"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Settings that the API cannot do without."""

    database_url: str
    webhook_secret: SecretStr
    service_token: SecretStr


class Services:
    """One for each application.

    Attributes:
        settings: What it was made with.
        secrets: Those of the settings that must be there.
        verifier: Verifies users' tokens.
        access: The bucket and the keys to it.
        store: Objects.
        multipart: Uploads in parts.
        signer: Signs URLs to objects.
        events: Wakes event streams.
        activity: What the process is in use for.
        metrics: Figures for Prometheus.
        session_rate: How often local sessions may be asked for.
        layouts: Predicts layouts anew.
        copies: Working copies of the databases that clients share.
        upload_locks: For whoever makes a video of an upload.

    Raises:
        MissingDependencyError: a setting is missing.
        UsageError: a setting cannot work.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.secrets = Secrets(
            _text(settings, "database_url"),
            _secret(settings, "webhook_secret"),
            _secret(settings, "service_token"),
        )
        self.verifier = TokenVerifier(settings)
        self.access = S3Access(
            bucket=settings.s3_bucket,
            endpoint=settings.s3_endpoint,
            region=settings.s3_region,
            access_key_id=_text(settings, "s3_access_key_id"),
            secret_access_key=_text(settings, "s3_secret_access_key"),
        )
        self.store: ObjectStore = S3Store(self.access)
        self.multipart = MultipartUploads(self.access)
        self.signer = Signer(self.access)
        self.events = EventHub()
        self.activity = Activity()
        self.metrics = Metrics()
        self.session_rate = RateLimit(_SESSIONS_AT_ONCE, _SESSIONS_PER_S)
        self.layouts = LayoutPredictions()
        self.copies = WorkingCopies(
            settings.data_dir / "sync",
            self.store,
            lambda: self.catalog,
            self.secrets.database_url,
        )
        self.upload_locks = VideoLocks()
        self._store_check: asyncio.Task[ObjectInfo | None] | None = None
        self._catalog: Catalog | None = None

    @property
    def catalog(self) -> Catalog:
        """The catalog.

        Raises:
            CatalogError: it has not been reached yet.
        """
        if self._catalog is None:
            raise CatalogError("The database is not connected yet.", "Try again.")
        return self._catalog

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Connects in the background while the block runs, and lets go at its end."""
        threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="blocking")
        asyncio.get_running_loop().set_default_executor(threads)
        work = [
            asyncio.create_task(self._keep_catalog(), name="catalog"),
            asyncio.create_task(self.events.run(self.secrets.database_url), name="events"),
        ]
        for task in work:
            task.add_done_callback(_tell_of_failure)
        try:
            async with self.layouts.running(), self.copies.running():
                yield
        finally:
            for task in work:
                task.cancel()
            await asyncio.wait(work)

    async def check_catalog(self) -> None:
        """Nothing, if it answers.

        Raises:
            CatalogError: it does not.
        """
        await self.catalog.check()

    async def check_store(self) -> None:
        """Nothing, if it answers.

        Raises:
            StoreError: it does not.
        """
        if self._store_check is None or self._store_check.done():
            # The store's own retries may outlast who asks, and threads are few: one at a time.
            self._store_check = asyncio.create_task(asyncio.to_thread(self.store.head, _NO_OBJECT))
            self._store_check.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.shield(self._store_check)

    async def _keep_catalog(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                async with open_catalog(self.secrets.database_url) as self._catalog:
                    await asyncio.Event().wait()  # once open, the pool mends itself
            except CatalogError as error:
                _log.warning("%s", error)
            finally:
                self._catalog = None
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


def _tell_of_failure(work: asyncio.Task[None]) -> None:
    if not work.cancelled() and (error := work.exception()) is not None:
        _log.critical("%s has failed: restart the API", work.get_name(), exc_info=error)


def _text(settings: Settings, field: str) -> str:
    value: SecretStr | str = _given(settings, field)
    return value if isinstance(value, str) else value.get_secret_value()


def _secret(settings: Settings, field: str) -> SecretStr:
    return _given(settings, field)


def _given(settings: Settings, field: str) -> SecretStr:
    value = getattr(settings, field)
    if value is None:
        raise MissingDependencyError(
            f"{variable_name(field)} is not set.",
            "`captionacc up` sets it for the services that it starts; else set it yourself.",
        )
    return value
