"""The socket through which clients share a video's databases."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, WebSocket
from starlette.websockets import WebSocketDisconnect

from captionacc.api.captions_store import CaptionsStore
from captionacc.api.members import member_of
from captionacc.api.services import Services
from captionacc.errors import ConflictError, ObjectNotFoundError
from captionacc.model.ids import VideoId
from captionacc.model.videos import DatabaseName
from captionacc.sync.channel import DisconnectedError
from captionacc.sync.connection import Who
from captionacc.sync.hosted import HostedCopy
from captionacc.sync.places import Place
from captionacc.sync.protocol import Limits
from captionacc.sync.session import serve

router = APIRouter(tags=["databases"])

_ORDERLY = frozenset({1000, 1001})


class _Socket:
    """Starlette's WebSocket as the session sees it."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def receive(self) -> str | bytes:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise DisconnectedError(is_orderly=message.get("code") in _ORDERLY)
        text = message.get("text")
        return message["bytes"] if text is None else text

    async def send(self, message: str | bytes) -> None:
        try:
            if isinstance(message, bytes):
                await self._socket.send_bytes(message)
            else:
                await self._socket.send_text(message)
        except (WebSocketDisconnect, RuntimeError):
            raise DisconnectedError(is_orderly=False) from None

    async def close(self, code: int) -> None:
        try:
            await self._socket.close(code)
        except (WebSocketDisconnect, RuntimeError):
            raise DisconnectedError(is_orderly=False) from None


@router.websocket("/v1/videos/{video_id}/databases/{database}/sync")
async def sync_database(
    socket: WebSocket, video_id: UUID, database: Annotated[DatabaseName, Path()]
) -> None:
    """Changes both ways; see docs/api-architecture.md."""
    services: Services = socket.app.state.services
    await socket.accept()

    async def authenticate(token: str) -> Who:
        member = await member_of(services, token)
        is_viewer = await services.catalog.tenants.is_viewer(member.user_id)
        return Who(member.user_id, member.tenant_id, member.expires_at, not is_viewer)

    opened = _opener(services, VideoId(str(video_id)), database)
    await serve(_Socket(socket), authenticate, opened, Limits())


def _opener(
    services: Services, video_id: VideoId, database: DatabaseName
) -> Callable[[Who], AbstractAsyncContextManager[HostedCopy]]:
    @asynccontextmanager
    async def opened(who: Who) -> AsyncGenerator[HostedCopy]:
        video = await services.catalog.videos.get(video_id, who.tenant_id)
        if database == "captions" and video.active_version is None:
            raise ConflictError("The video has no captions yet.", "Wait until they are found.")
        place = Place(video.tenant_id, video.id, database)
        try:
            async with services.copies.use(place) as hosted:
                if database == "captions":
                    captions = CaptionsStore(services.catalog, services.store, services.copies)
                    await captions.show(video, hosted.copy)
                elif who.may_edit:
                    await services.layouts.prepare()
                yield hosted
        except ObjectNotFoundError:
            raise ConflictError(
                f"The video is {video.status} and has no {database} yet.", "Wait until it has."
            ) from None

    return opened
