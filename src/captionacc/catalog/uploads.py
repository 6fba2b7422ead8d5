"""Multipart uploads on their way into the object store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  # pydantic reads fields at run time
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from captionacc.catalog.queries import load
from captionacc.errors import ConflictError, NotFoundError
from captionacc.model.ids import TenantId, UploadId, UserId, VideoId  # noqa: TC001  # as above

if TYPE_CHECKING:
    from captionacc.catalog.database import Database

_SQL = load("uploads")
_AT_ONCE: Final = 100


class UploadState(StrEnum):
    """The last two are final."""

    OPEN = "open"
    COMPLETED = "completed"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload at one moment.

    Attributes:
        video_id: What the video will be called.
        fingerprint: What the client knows the file by.
        multipart_id: The object store's name of it.
        part_size_bytes: Of all parts but the last.
    """

    id: UploadId
    tenant_id: TenantId
    user_id: UserId | None
    video_id: VideoId
    filename: str
    folder: str
    size_bytes: int
    fingerprint: str | None
    storage_key: str
    multipart_id: str
    part_size_bytes: int
    state: UploadState
    created_at: datetime
    updated_at: datetime
    expires_at: datetime


_UPLOAD: Final = TypeAdapter(Upload)


class Uploads:
    """``uploads``. All methods raise ``CatalogError``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def create(
        self,
        *,
        tenant_id: TenantId,
        user_id: UserId | None,
        video_id: VideoId,
        filename: str,
        folder: str,
        size_bytes: int,
        fingerprint: str | None,
        storage_key: str,
        multipart_id: str,
        part_size_bytes: int,
    ) -> Upload:
        """Begin an upload.

        Raises:
            UsageError: a value that the schema refuses.
        """
        rows = await self._db.all(
            _SQL["create"],
            tenant_id=tenant_id,
            user_id=user_id,
            video_id=video_id,
            filename=filename,
            folder=folder,
            size_bytes=size_bytes,
            fingerprint=fingerprint,
            storage_key=storage_key,
            multipart_id=multipart_id,
            part_size_bytes=part_size_bytes,
        )
        return _UPLOAD.validate_python(rows[0])

    async def get(self, upload_id: UploadId, tenant_id: TenantId) -> Upload:
        """The upload.

        Raises:
            NotFoundError: there is no such upload.
        """
        row = await self._db.one(_SQL["get"], upload_id=upload_id, tenant_id=tenant_id)
        if row is None:
            raise NotFoundError(f"There is no upload {upload_id}.", "Begin a new one.")
        return _UPLOAD.validate_python(row)

    async def find_open(
        self, tenant_id: TenantId, user_id: UserId | None, fingerprint: str, size_bytes: int
    ) -> Upload | None:
        """The newest unfinished upload of this file by this user."""
        row = await self._db.one(
            _SQL["find_open"],
            tenant_id=tenant_id,
            user_id=user_id,
            fingerprint=fingerprint,
            size_bytes=size_bytes,
        )
        return None if row is None else _UPLOAD.validate_python(row)

    async def asked_for(self, upload_id: UploadId) -> None:
        """Somebody is about to send parts; ``updated_at`` tells when."""
        await self._db.run(_SQL["asked_for"], upload_id=upload_id)

    async def complete(self, upload_id: UploadId, tenant_id: TenantId) -> Upload:
        """All of it has arrived; said again, it changes nothing.

        Raises:
            NotFoundError: there is no such upload.
            ConflictError: it was aborted.
        """
        return await self._end("complete", upload_id, tenant_id)

    async def abort(self, upload_id: UploadId, tenant_id: TenantId) -> Upload:
        """It is not wanted any more; said again, it changes nothing.

        Raises:
            NotFoundError: there is no such upload.
            ConflictError: it was completed.
        """
        return await self._end("abort", upload_id, tenant_id)

    async def abort_expired(self) -> list[Upload]:
        """End unfinished uploads whose time is over, some at a time; returns them."""
        rows = await self._db.all(_SQL["abort_expired"], limit=_AT_ONCE)
        return [_UPLOAD.validate_python(row) for row in rows]

    async def to_drop(self) -> list[Upload]:
        """Aborted ones of which the store may still have something, some at a time."""
        rows = await self._db.all(_SQL["to_drop"], limit=_AT_ONCE)
        return [_UPLOAD.validate_python(row) for row in rows]

    async def dropped(self, upload_id: UploadId) -> None:
        """Nothing of it is in the store any more."""
        await self._db.run(_SQL["dropped"], upload_id=upload_id)

    async def _end(self, how: str, upload_id: UploadId, tenant_id: TenantId) -> Upload:
        row = await self._db.one(_SQL[how], upload_id=upload_id, tenant_id=tenant_id)
        if row is None:
            upload = await self.get(upload_id, tenant_id)
            raise ConflictError(f"The upload is {upload.state} already.")
        return _UPLOAD.validate_python(row)
