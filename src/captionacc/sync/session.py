"""Serving one socket, from its first message to its end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from captionacc.errors import BadInputError, CaptionAccError, InternalError
from captionacc.sync import protocol
from captionacc.sync.channel import Channel, DisconnectedError, EndError
from captionacc.sync.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from captionacc.sync.channel import Socket
    from captionacc.sync.connection import Who
    from captionacc.sync.hosted import HostedCopy
    from captionacc.sync.protocol import Limits

_log: Final = logging.getLogger(__name__)


async def serve(
    socket: Socket,
    authenticate: Callable[[str], Awaitable[Who]],
    open_copy: Callable[[Who], AbstractAsyncContextManager[HostedCopy]],
    limits: Limits,
) -> None:
    """Serve an accepted socket until either side ends it.

    Args:
        socket: The socket.
        authenticate: Whose a token is.
        open_copy: Lends the working copy to a user.
        limits: What the client may do.
    """
    channel = Channel(socket, limits)
    try:
        await _serve(channel, authenticate, open_copy)
    except DisconnectedError:
        return
    except EndError as end:
        await channel.finish(end.code, end.reason)
    except CaptionAccError as error:
        await channel.finish(protocol.close_code(error), error)
    except Exception:  # noqa: BLE001  # the edge of the process: logged and told
        _log.exception("a sync connection has failed")
        failure = InternalError("Something failed that should not have.", "Connect again.")
        await channel.finish(protocol.FAILED, failure)


async def _serve(
    channel: Channel,
    authenticate: Callable[[str], Awaitable[Who]],
    open_copy: Callable[[Who], AbstractAsyncContextManager[HostedCopy]],
) -> None:
    hello = await channel.receive(channel.limits.hello_s)
    if not isinstance(hello, protocol.Hello):
        raise BadInputError("The first message is not a hello.")
    who = await authenticate(hello.token)
    async with open_copy(who) as hosted:
        await Connection(channel, hosted, who, hello, authenticate).run()
