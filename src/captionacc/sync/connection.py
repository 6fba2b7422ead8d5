"""A client that has said who it is: its edits, its lease, and what it is told.

Two tasks: one takes the client's messages, one after the other, so that a client that sends faster
than the disk writes is read more slowly; the other sends. So a slow reader holds up nobody.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from captionacc.errors import (
    BadInputError,
    CaptionAccError,
    ForbiddenError,
    UnauthenticatedError,
)
from captionacc.sync import protocol, records
from captionacc.sync.changes import SITE_ID_BYTES
from captionacc.sync.channel import DisconnectedError, EndError
from captionacc.sync.feed import Feed
from captionacc.sync.incoming import accept_batch
from captionacc.sync.snapshot import snapshot
from captionacc.sync.wire import decode_bytes, decode_change, encode_bytes
from captionacc.sync.working_copy import ReplacedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from captionacc.model.ids import TenantId, UserId
    from captionacc.sync.changes import Change
    from captionacc.sync.channel import Channel
    from captionacc.sync.engine.database import SyncDatabase
    from captionacc.sync.hosted import HostedCopy
    from captionacc.sync.leases import Lease
    from captionacc.sync.protocol import ChangesOf, Hello, Message
    from captionacc.sync.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Who:
    """Whose connection it is, until when, and whether the user may change anything."""

    user_id: UserId
    tenant_id: TenantId
    expires_at: datetime
    may_edit: bool


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a client begins.

    Attributes:
        newest: The copy's place.
        acked: The client's batch that was taken last.
        reached: The place after which the client gets changes.
        snapshot: The file that brings it there.
    """

    newest: int
    acked: str | None
    reached: int
    snapshot: Snapshot | None = None


class Connection:
    """A claimant of the lease, and a watcher of the working copy.

    Args:
        channel: To the client.
        hosted: The working copy.
        who: Whose it is.
        hello: What it said.
        authenticate: Whose a token is.

    Raises:
        BadInputError: the hello's site id is none.
    """

    def __init__(
        self,
        channel: Channel,
        hosted: HostedCopy,
        who: Who,
        hello: Hello,
        authenticate: Callable[[str], Awaitable[Who]],
    ) -> None:
        self.user_id = who.user_id
        self.connection = str(hello.connection)
        self.may_edit = who.may_edit
        self.wants_lease = hello.wants == "write"
        self.heard_at = time.monotonic()
        self._channel = channel
        self._hosted, self._copy, self._leases = hosted, hosted.copy, hosted.leases
        self._who = who
        self._hello = hello
        self._authenticate = authenticate
        self._site_id = _site_id(hello.site_id)
        self._feed = Feed(channel, hosted.copy, self._site_id)
        self._ended: CaptionAccError | None = None
        self._is_welcome = False

    async def run(self) -> None:
        """Until either side ends it.

        Raises:
            DisconnectedError: the client did.
            EndError: we did.
            CaptionAccError: as above.
        """
        is_orderly = False
        self._copy.watchers.add(self)
        try:
            await self._leases.join(self)
            await self._welcome()
            await _first_of(self._take(), self._push())
        except DisconnectedError as gone:
            is_orderly = gone.is_orderly
            raise
        finally:
            self._copy.watchers.discard(self)
            await asyncio.shield(self._leases.leave(self, is_orderly=is_orderly))

    def wake(self) -> None:
        """The working copy has changed."""
        self._feed.woken.set()

    def end(self, reason: CaptionAccError) -> None:
        """The working copy is gone."""
        self._ended = reason
        self._feed.woken.set()

    def tell_lease(self, lease: Lease) -> None:
        """The lease is this from now on."""
        if not self._is_welcome:
            return
        if lease.reason == "transferred":
            self._feed.say(protocol.transferred())
        self._feed.say(protocol.lease(lease))

    async def _welcome(self) -> None:
        copy, limits = self._copy, self._channel.limits
        start = await copy.read(self._start)
        self._feed.begin(start.reached)
        text = protocol.welcome(
            copy=copy.name,
            site_id=encode_bytes(copy.site_id),
            db_version=start.newest,
            schema_version=copy.schema_version,
            lease=protocol.lease_value(self._leases.lease_of(self)),
            acked=start.acked,
            snapshot=None if start.snapshot is None else _announced(start.snapshot),
            limits={
                "message_bytes": limits.message_bytes,
                "changes_per_batch": limits.changes_per_batch,
                "messages_per_s": limits.messages_per_s,
            },
        )
        self._is_welcome = True  # what is told from now on comes after it
        await self._channel.send(text)
        if start.snapshot is not None:
            await self._channel.send(start.snapshot.content)

    def _start(self, database: SyncDatabase) -> _Start:
        """After what the client has seen, after a file, or after nothing."""
        newest, seen = database.db_version, self._hello.seen
        acked = records.last_batch(database, self._site_id)
        if seen is not None and seen.copy_name == self._copy.name:
            return _Start(newest, acked, min(seen.db_version, newest))
        if not self._hello.snapshot:
            return _Start(newest, acked, 0)
        taken = snapshot(database, self._site_id)
        return _Start(newest, acked, taken.db_version, taken)

    async def _take(self) -> None:
        while True:
            message = await self._channel.receive(self._channel.limits.silence_s)
            self.heard_at = time.monotonic()
            await self._handle(message)

    async def _handle(self, message: Message) -> None:
        match message:
            case protocol.ChangesOf():
                await self._take_batch(message)
            case protocol.Ack():
                self._feed.note_ack(message.db_version)
            case protocol.LeaseWish(wants="write"):
                await self._leases.take(self)
                self._feed.say(protocol.lease(self._leases.lease_of(self)))
            case protocol.LeaseWish():
                await self._leases.give_back(self)
            case protocol.FreshToken():
                await self._renew_token(message.token)
            case protocol.Ping():
                await self._channel.send(protocol.pong())
            case protocol.Hello():
                raise BadInputError("There is one hello.")

    async def _take_batch(self, message: ChangesOf) -> None:
        try:
            db_version = await self._accept(message)
        except (BadInputError, ForbiddenError) as error:
            await self._channel.send(protocol.refused(message.batch, error))
        else:
            await self._channel.send(protocol.ack(message.batch, db_version))

    async def _accept(self, message: ChangesOf) -> int:
        longest = self._channel.limits.changes_per_batch
        if len(message.changes) > longest:
            raise BadInputError(f"A batch has at most {longest} changes.")
        db_version, taken = await self._copy.write(lambda database: self._merge(database, message))
        if taken:
            self._hosted.note_edits(taken)
        return db_version

    def _merge(self, database: SyncDatabase, message: ChangesOf) -> tuple[int, Sequence[Change]]:
        """Whether it may write is asked in its turn, when all before it has been written."""
        if records.is_known(database, self._site_id, message.batch):
            return database.db_version, ()
        if not self._leases.may_write(self):
            raise _not_yours(self._leases.lease_of(self))
        changes = [decode_change(one) for one in message.changes]
        name = self._copy.place.name
        reached = accept_batch(database, name, message.batch, changes, self._site_id)
        return reached, changes

    async def _renew_token(self, token: str) -> None:
        who = await self._authenticate(token)
        if (who.user_id, who.tenant_id) != (self._who.user_id, self._who.tenant_id):
            raise ForbiddenError("The new token is somebody else's.", "Connect again.")
        self._who = who
        self._feed.woken.set()

    async def _push(self) -> None:
        while True:
            self._check_end()
            await self._feed.send()
            left_s = (self._who.expires_at - datetime.now(UTC)).total_seconds()
            await self._feed.wait(left_s)

    def _check_end(self) -> None:
        if isinstance(self._ended, ReplacedError):
            raise EndError(protocol.REPLACED, self._ended)
        if self._ended is not None:
            raise self._ended
        if self._who.expires_at <= datetime.now(UTC):
            raise UnauthenticatedError("The token has expired.", "Connect again with a new one.")


async def _first_of(*works: Awaitable[None]) -> None:
    """Until one of them ends, with its error; the others are ended too."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    errors = [error for task in tasks if not task.cancelled() and (error := task.exception())]
    # A client that goes makes all fail; that it has gone says most.
    for error in sorted(errors, key=lambda one: not isinstance(one, DisconnectedError)):
        raise error


def _not_yours(lease: Lease) -> ForbiddenError:
    why = {
        "held_by_other": "somebody else is editing",
        "held_by_run": "the program works on it",
        "transferred": "it is being edited in another tab",
        "viewer": "this account may only look",
        "not_asked": "the lease was not asked for",
    }.get(lease.reason or "", "the lease has expired")
    return ForbiddenError(f"This connection may not write now: {why}.", "Ask for the lease.")


def _announced(snapshot: Snapshot) -> dict[str, int]:
    return {"db_version": snapshot.db_version, "size_bytes": len(snapshot.content)}


def _site_id(text: str) -> bytes:
    site_id = decode_bytes(text)
    if len(site_id) != SITE_ID_BYTES:
        raise BadInputError("A site id has 16 bytes.")
    return site_id
