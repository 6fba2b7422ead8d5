"""From a file that a client wants to send to a video: multipart, resumable, checked at the end."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from captionacc.api.video_signature import HEAD_BYTES, check_is_video
from captionacc.errors import BadInputError, ConflictError, NotFoundError
from captionacc.model.ids import VideoId
from captionacc.storage.keys import VideoKeys
from captionacc.storage.multipart import UploadedPart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from captionacc.api.auth import Member
    from captionacc.api.services import Services
    from captionacc.catalog.pool import Catalog
    from captionacc.catalog.uploads import Upload
    from captionacc.model.ids import UploadId

PART_URL_S: Final = 3600
"""How long a part's URL is good for, in seconds."""

MAX_PARTS: Final = 10_000
"""What S3 takes."""

_MIB: Final = 1 << 20
_PART_BYTES: Final = 8 * _MIB
_SHOWN: Final = 5
_BEGIN_AGAIN: Final = "Begin a new one."


@dataclass(frozen=True, slots=True)
class WantedUpload:
    """What a client says of its file."""

    filename: str
    folder: str
    size_bytes: int
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """An upload and the parts that have arrived."""

    upload: Upload
    parts: tuple[UploadedPart, ...]
    is_resumed: bool = False


def part_count(upload: Upload) -> int:
    """Of how many parts the upload consists."""
    return -(-upload.size_bytes // upload.part_size_bytes)


class Uploading:
    """What a member can do with uploads. All methods can raise ``StoreError``."""

    def __init__(self, services: Services, member: Member) -> None:
        self._services = services
        self._member = member

    @property
    def _catalog(self) -> Catalog:
        return self._services.catalog

    async def begin(self, wanted: WantedUpload) -> Progress:
        """A new upload, or the open one of the same file.

        Raises:
            HTTPException: 413, the file is larger than what is taken.
            ConflictError: the tenant's storage is full.
        """
        if wanted.size_bytes > self._services.settings.max_upload_bytes:
            largest = self._services.settings.max_upload_bytes
            raise HTTPException(413, f"A video may have at most {largest} bytes.")
        return await self._resume(wanted) or await self._create(wanted)

    async def _resume(self, wanted: WantedUpload) -> Progress | None:
        if wanted.fingerprint is None:
            return None
        upload = await self._catalog.uploads.find_open(
            self._member.tenant_id, self._member.user_id, wanted.fingerprint, wanted.size_bytes
        )
        if upload is None:
            return None
        parts = await self._arrived(upload)
        if parts is None:
            await self._catalog.uploads.abort(upload.id, self._member.tenant_id)
            return None
        return Progress(upload, parts, is_resumed=True)

    async def _create(self, wanted: WantedUpload) -> Progress:
        await self._check_quota(wanted.size_bytes)
        video_id = VideoId(str(uuid.uuid4()))
        key = VideoKeys(self._member.tenant_id, video_id).video
        upload = await self._catalog.uploads.create(
            tenant_id=self._member.tenant_id,
            user_id=self._member.user_id,
            video_id=video_id,
            filename=wanted.filename,
            folder=wanted.folder,
            size_bytes=wanted.size_bytes,
            fingerprint=wanted.fingerprint,
            storage_key=key,
            multipart_id=await asyncio.to_thread(self._services.multipart.create, key),
            part_size_bytes=_part_size(wanted.size_bytes),
        )
        return Progress(upload, ())

    async def _check_quota(self, size_bytes: int) -> None:
        left = await self._catalog.tenants.storage_left(self._member.tenant_id)
        if left is not None and size_bytes > left:
            raise ConflictError(
                f"The storage is full: {max(left, 0)} bytes are left.", "Delete videos first."
            )

    async def get(self, upload_id: UploadId) -> Progress:
        """The upload and the parts that have arrived.

        Raises:
            NotFoundError: there is no such upload.
        """
        upload = await self._catalog.uploads.get(upload_id, self._member.tenant_id)
        is_open = upload.state == "open"
        return Progress(upload, (await self._arrived(upload) if is_open else None) or ())

    async def sign(self, upload_id: UploadId, numbers: Sequence[int]) -> dict[int, str]:
        """A URL for each of these parts.

        Raises:
            NotFoundError: there is no such upload.
            ConflictError: it is over, or has no such part.
        """
        upload = await self._open(upload_id)
        last = part_count(upload)
        if max(numbers) > last:
            raise ConflictError(f"The file has {last} parts, and no part {max(numbers)}.")
        await self._catalog.uploads.asked_for(upload.id)

        def sign_all() -> dict[int, str]:
            presign = self._services.signer.presign_part
            key, multipart_id = upload.storage_key, upload.multipart_id
            return {number: presign(key, multipart_id, number, PART_URL_S) for number in numbers}

        return await asyncio.to_thread(sign_all)

    async def abort(self, upload_id: UploadId) -> None:
        """Drop the upload and what has arrived; nothing happens if that was done before.

        Raises:
            NotFoundError: there is no such upload.
            ConflictError: it has become a video.
        """
        upload = await self._catalog.uploads.get(upload_id, self._member.tenant_id)
        await self._catalog.uploads.abort(upload.id, self._member.tenant_id)
        await self._drop(upload)

    async def complete(self, upload_id: UploadId) -> VideoId:
        """Make the video of the parts; again and again the same one.

        Raises:
            NotFoundError: there is no such upload.
            ConflictError: parts are missing, or it was aborted.
            BadInputError: what arrived is no video, or not of the announced size.
        """
        upload = await self._catalog.uploads.get(upload_id, self._member.tenant_id)
        lock = self._services.upload_locks.of(upload.video_id)
        async with lock:  # while the store joins the parts it lists none
            return await self._complete(upload_id)

    async def _complete(self, upload_id: UploadId) -> VideoId:
        upload = await self._catalog.uploads.get(upload_id, self._member.tenant_id)
        if upload.state == "completed":
            return upload.video_id
        upload = await self._open(upload_id)
        await self._join(upload)
        try:
            await self._check(upload)
        except BadInputError:
            await self.abort(upload_id)
            raise
        await self._enter(upload)
        return upload.video_id

    async def _open(self, upload_id: UploadId) -> Upload:
        upload = await self._catalog.uploads.get(upload_id, self._member.tenant_id)
        if upload.state != "open":
            raise ConflictError(f"The upload is {upload.state}.", _BEGIN_AGAIN)
        return upload

    async def _join(self, upload: Upload) -> None:
        """Let the store make one object of the parts, unless it has already."""
        parts = await self._arrived(upload)
        if parts is None:
            raise ConflictError("The store has dropped the parts of this upload.", _BEGIN_AGAIN)
        _check_complete(upload, parts)
        with suppress(NotFoundError):  # it has already, and `_check` looks whether it has indeed
            await asyncio.to_thread(
                self._services.multipart.complete, upload.storage_key, upload.multipart_id, parts
            )

    async def _check(self, upload: Upload) -> None:
        size = await self._stored_size(upload)
        if size != upload.size_bytes:
            raise BadInputError(
                f"The file has {size} bytes; {upload.size_bytes} were announced.",
                "Upload it again, and do not change it meanwhile.",
            )
        read, length = self._services.store.get_range, min(HEAD_BYTES, upload.size_bytes)
        head = await asyncio.to_thread(read, upload.storage_key, 0, length)
        check_is_video(head)

    async def _enter(self, upload: Upload) -> None:
        """The video appears in the catalog in the same moment as the upload ends."""
        async with self._catalog.transaction() as tx:
            await tx.uploads.complete(upload.id, upload.tenant_id)
            await tx.videos.insert(
                video_id=upload.video_id,
                tenant_id=upload.tenant_id,
                uploaded_by=upload.user_id,
                title=upload.filename,
                folder=upload.folder,
                storage_key=upload.storage_key,
                size_bytes=upload.size_bytes,
            )

    async def _arrived(self, upload: Upload) -> tuple[UploadedPart, ...] | None:
        """The parts that have arrived, all once they are one object; ``None`` if dropped."""
        list_parts = self._services.multipart.list_parts
        try:
            return await asyncio.to_thread(list_parts, upload.storage_key, upload.multipart_id)
        except NotFoundError:
            if await self._stored_size(upload) is None:
                return None
            return tuple(UploadedPart(n, "", size) for n, size in _sizes(upload).items())

    async def _stored_size(self, upload: Upload) -> int | None:
        """Size of the complete object in bytes, ``None`` if there is none."""
        info = await asyncio.to_thread(self._services.store.head, upload.storage_key)
        return None if info is None else info.size_bytes

    async def _drop(self, upload: Upload) -> None:
        multipart, store = self._services.multipart, self._services.store
        await asyncio.to_thread(multipart.abort, upload.storage_key, upload.multipart_id)
        await asyncio.to_thread(store.delete, upload.storage_key)


def _part_size(size_bytes: int) -> int:
    """Bytes of each part but the last; whole MiB, so many that the parts are not too many."""
    return max(_PART_BYTES, -(-size_bytes // (MAX_PARTS * _MIB)) * _MIB)


def _sizes(upload: Upload) -> dict[int, int]:
    """How many bytes each part has."""
    size, last = upload.part_size_bytes, part_count(upload)
    sizes = dict.fromkeys(range(1, last), size)
    return sizes | {last: upload.size_bytes - size * (last - 1)}


def _check_complete(upload: Upload, parts: Sequence[UploadedPart]) -> None:
    """Whether all parts are there, each of its size.

    Raises:
        ConflictError: some are not.
    """
    sizes = {part.number: part.size_bytes for part in parts}
    expected = _sizes(upload)
    wrong = [number for number, size in expected.items() if sizes.get(number) != size]
    if wrong:
        some = ", ".join(map(str, wrong[:_SHOWN]))
        raise ConflictError(
            f"{len(wrong)} of {len(expected)} parts are missing or incomplete, such as {some}.",
            "Send them, then complete the upload again.",
        )
