"""Who may write a database: one user or one run, and of a user's connections one.

The catalog holds the lease; this is what the host of the working copy makes of it. A connection may
write from when the catalog says so until its time is over, whatever happens to the network; it is
renewed while the connection is heard of. The catalog tells of changes that others make.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, Protocol

from captionacc.errors import LeasedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from captionacc.catalog.pool import Catalog
    from captionacc.model.ids import UserId
    from captionacc.model.videos import DatabaseState
    from captionacc.sync.places import Place

Reason = Literal[
    "held_by_other", "held_by_run", "transferred", "viewer", "expired", "not_asked", "deleted"
]

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds it."""

    kind: Literal["user", "run"]
    is_self: bool


@dataclass(frozen=True, slots=True)
class Lease:
    """What a connection is told."""

    may_write: bool
    reason: Reason | None = None
    holder: Holder | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """In seconds: how long a lease lasts, and after which silence it is not renewed any more."""

    lasts_s: float = 30.0
    renewed_every_s: float = 10.0
    offered_every_s: float = 2.0
    silence_s: float = 50.0


class Claimant(Protocol):
    """A connection that may want to write.

    Attributes:
        user_id: Whose it is.
        connection: The tab's own id.
        may_edit: Whether the user may change anything at all.
        wants_lease: Whether it would take the lease as soon as that is free.
        heard_at: When the client last said something, on the monotonic clock.
    """

    user_id: UserId
    connection: str
    may_edit: bool
    wants_lease: bool
    heard_at: float

    def tell_lease(self, lease: Lease) -> None:
        """The lease is this from now on."""
        ...


class LeaseBook:
    """The lease of one working copy."""

    def __init__(self, place: Place, catalog: Callable[[], Catalog], times: LeaseTimes) -> None:
        self._place = place
        self._catalog = catalog
        self._times = times
        self._lock = asyncio.Lock()
        self._claimants: dict[Claimant, Lease] = {}
        self._writer: Claimant | None = None
        self._state: DatabaseState | None = None
        self._until = self._renewed_at = self._offered_at = 0.0

    def may_write(self, claimant: Claimant) -> bool:
        """Whether a change of the claimant's may be taken now."""
        return self._writer is claimant and time.monotonic() < self._until

    def lease_of(self, claimant: Claimant) -> Lease:
        """What the claimant was told last."""
        return self._claimants[claimant]

    async def join(self, claimant: Claimant) -> None:
        """A new connection, which takes the lease if it wants it."""
        self._claimants[claimant] = Lease(may_write=False, reason="not_asked")
        if claimant.wants_lease:
            await self.take(claimant)
        else:
            await self.refresh()

    async def take(self, claimant: Claimant) -> None:
        """Give the lease to the claimant, if nobody else holds it."""
        if not claimant.may_edit:
            self._tell(claimant, Lease(may_write=False, reason="viewer"))
            return
        async with self._lock:
            claimant.wants_lease = True
            await self._acquire(claimant)

    async def give_back(self, claimant: Claimant) -> None:
        """The claimant does not want to write any more."""
        async with self._lock:
            claimant.wants_lease = False
            if self._writer is claimant:
                await self._release()
            self._tell(claimant, self._denied(claimant, "not_asked"))
        await self._offer()

    async def leave(self, claimant: Claimant, *, is_orderly: bool) -> None:
        """The connection is gone; one that broke keeps the lease until it expires, to come back."""
        self._claimants.pop(claimant, None)
        async with self._lock:
            if self._writer is not claimant:
                return
            self._writer = None
            if is_orderly:
                self._writer = claimant
                await self._release()
        await self._offer()

    async def renew(self) -> None:
        """Renew for who is heard of, end what has expired, offer what is free."""
        writer = self._writer
        now = time.monotonic()
        if writer is not None and now - writer.heard_at > self._times.silence_s:
            await self._expire(writer)
        elif writer is not None and now - self._renewed_at >= self._times.renewed_every_s:
            async with self._lock:
                if self._writer is writer:
                    await self._acquire(writer)
        elif writer is None and now - self._offered_at >= self._times.offered_every_s:
            await self._offer()

    async def refresh(self) -> None:
        """The catalog has changed: tell whom it concerns."""
        async with self._lock:
            await self._load()
            writer = self._writer
            if writer is not None and not self._is_held_by(writer):
                self._writer = None
            await self._offer_now()
            for claimant, told in tuple(self._claimants.items()):
                if claimant is not self._writer:
                    self._tell(claimant, self._denied(claimant, _reason_kept(claimant, told)))

    def end(self) -> None:
        """The video is gone."""
        self._writer = None
        for claimant in tuple(self._claimants):
            self._tell(claimant, Lease(may_write=False, reason="deleted"))

    async def _expire(self, writer: Claimant) -> None:
        async with self._lock:
            if self._writer is not writer:
                return
            writer.wants_lease = False
            await self._release()
            self._tell(writer, self._denied(writer, "expired"))
        await self._offer()

    async def _offer(self) -> None:
        async with self._lock:
            await self._offer_now()

    async def _offer_now(self) -> None:
        """Who waits gets what is free."""
        if self._writer is not None:
            return
        self._offered_at = time.monotonic()
        waiting = [one for one in self._claimants if one.wants_lease and one.may_edit]
        if waiting:
            await self._acquire(waiting[-1])

    async def _acquire(self, claimant: Claimant) -> None:
        place, before = self._place, self._writer
        asked_at = time.monotonic()
        try:
            self._state = await self._catalog().databases.acquire_lease(
                place.video_id,
                place.name,
                place.tenant_id,
                "user",
                claimant.user_id,
                self._times.lasts_s,
                connection=claimant.connection,
            )
        except LeasedError:
            await self._load()
            if self._writer is claimant:
                self._writer = None
            # Without a holder it waits for a run that has been asked for.
            reason: Reason = "held_by_other" if self._has_holder() else "held_by_run"
            self._tell(claimant, self._denied(claimant, reason))
            return
        self._writer = claimant
        self._until, self._renewed_at = asked_at + self._times.lasts_s, asked_at
        if before is not None and before is not claimant:
            self._transfer(before)
        self._tell(claimant, Lease(True, None, Holder("user", True), self._state.lease_expires_at))  # noqa: FBT003

    def _transfer(self, loser: Claimant) -> None:
        loser.wants_lease = False
        self._tell(loser, self._denied(loser, "transferred"))

    async def _release(self) -> None:
        place, state = self._place, self._state
        self._writer = None
        if state is None or state.lease_holder is None:
            return
        await self._catalog().databases.release(
            place.video_id, place.name, state.lease_holder, state.lease_generation
        )
        await self._load()

    async def _load(self) -> None:
        place = self._place
        self._state = await self._catalog().databases.state(place.video_id, place.name)

    def _is_held_by(self, claimant: Claimant) -> bool:
        state = self._state
        return state is not None and (
            state.lease_kind,
            state.lease_holder,
            state.active_connection,
        ) == ("user", claimant.user_id, claimant.connection)

    def _has_holder(self) -> bool:
        return self._state is not None and self._state.lease_holder is not None

    def _denied(self, claimant: Claimant, reason: Reason) -> Lease:
        """What a claimant without the lease is told; who holds it counts most."""
        if not claimant.may_edit:
            reason = "viewer"
        state = self._state
        if state is None or state.lease_kind is None:
            return Lease(may_write=False, reason=reason)
        is_self = (state.lease_kind, state.lease_holder) == ("user", claimant.user_id)
        holder = Holder(state.lease_kind, is_self)
        if claimant.may_edit and state.lease_kind == "run":
            reason = "held_by_run"
        elif claimant.may_edit and not is_self:
            reason = "held_by_other"
        return Lease(False, reason, holder, state.lease_expires_at)  # noqa: FBT003

    def _tell(self, claimant: Claimant, lease: Lease) -> None:
        """Only news; that it lasts longer is none."""
        told = self._claimants.get(claimant)
        if told is None:
            return
        self._claimants[claimant] = lease
        if replace(told, expires_at=None) != replace(lease, expires_at=None):
            claimant.tell_lease(lease)


def _reason_kept(claimant: Claimant, told: Lease) -> Reason:
    """Why a claimant that nobody stands in the way of has no lease."""
    if claimant.wants_lease:
        return told.reason or "expired"
    is_news = told.reason is None or told.reason in {"held_by_other", "held_by_run"}
    return "not_asked" if is_news else told.reason or "not_asked"
