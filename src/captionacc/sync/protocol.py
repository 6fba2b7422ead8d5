"""The messages of the socket: JSON texts ``{"v": 1, "type": ...}``.

They are explained in ``docs/api-architecture.md``. What a client sends is checked before anything
is done with it; a message that is not in order ends the connection.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from uuid import UUID  # noqa: TC003  # pydantic reads annotations at run time

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from captionacc.errors import (
    BadInputError,
    CaptionAccError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    ObjectNotFoundError,
    TransientError,
    UnauthenticatedError,
)
from captionacc.sync.wire import encode_change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from captionacc.sync.changes import Change
    from captionacc.sync.leases import Lease

VERSION: Final = 1
_LARGEST: Final = 1 << 53

BAD_MESSAGE: Final = 4400
UNAUTHENTICATED: Final = 4401
FORBIDDEN: Final = 4403
NOT_FOUND: Final = 4404
TOO_SLOW: Final = 4408
REPLACED: Final = 4409
TOO_LARGE: Final = 4413
TOO_FAST: Final = 4429
FAILED: Final = 1011
RESTARTING: Final = 1012

_CLOSE_CODES: Final[tuple[tuple[type[CaptionAccError], int], ...]] = (
    (UnauthenticatedError, UNAUTHENTICATED),
    (ForbiddenError, FORBIDDEN),
    (NotFoundError, NOT_FOUND),
    (ObjectNotFoundError, NOT_FOUND),
    (ConflictError, NOT_FOUND),
    (BadInputError, BAD_MESSAGE),
    (TransientError, RESTARTING),
)
"""The first class that fits gives the code; none fits a bug."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may do; clients are told the first three.

    Attributes:
        message_bytes: The longest message.
        changes_per_batch: The most changes of one batch.
        messages_per_s: How many messages a second in the long run.
        messages_at_once: How many may come at once.
        hello_s: How long the first message may take.
        silence_s: After which a connection is given up.
        send_s: How long a client may take to accept a message.
        changes_ahead: How many changes are sent before the client has said that it has them.
        ack_s: How long it may take to say so.
    """

    message_bytes: int = 1 << 20
    changes_per_batch: int = 5000
    messages_per_s: float = 50.0
    messages_at_once: int = 200
    hello_s: float = 10.0
    silence_s: float = 60.0
    send_s: float = 20.0
    changes_ahead: int = 8000
    ack_s: float = 60.0


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    v: Literal[1]


_Count = Annotated[int, Field(ge=0, lt=_LARGEST)]


class Seen(BaseModel):
    """How far a client has come with which lineage of the working copy."""

    model_config = ConfigDict(frozen=True, strict=True)

    copy_name: str = Field(alias="copy", max_length=100)
    db_version: _Count


class Hello(_Message):
    """The first message."""

    type: Literal["hello"]
    token: str = Field(max_length=16384)
    site_id: str = Field(max_length=24)
    connection: Annotated[UUID, Field(strict=False)]
    seen: Seen | None = None
    wants: Literal["write", "read"] = "read"
    snapshot: bool = False


class ChangesOf(_Message):
    """A batch of changes."""

    type: Literal["changes"]
    batch: str = Field(min_length=1, max_length=64)
    changes: list[Any]


class Ack(_Message):
    """The server's changes are applied up to there."""

    type: Literal["ack"]
    db_version: _Count


class LeaseWish(_Message):
    """Take the lease, or give it back."""

    type: Literal["lease"]
    wants: Literal["write", "none"]


class FreshToken(_Message):
    """A token that lasts longer."""

    type: Literal["token"]
    token: str = Field(max_length=16384)


class Ping(_Message):
    """The client is there."""

    type: Literal["ping"]


Message = Hello | ChangesOf | Ack | LeaseWish | FreshToken | Ping

_MESSAGE: Final[TypeAdapter[Message]] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


def parse(text: str) -> Message:
    """The message.

    Raises:
        BadInputError: it is none.
    """
    try:
        return _MESSAGE.validate_json(text)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, found["loc"]))
        told = f"{where}: {found['msg']}" if where else found["msg"]
        raise BadInputError(f"A message is not in order: {told[:200]}.") from None


def changes(page: Iterable[Change], db_version: int, *, is_last: bool) -> str:
    """Changes for a client."""
    return _text(
        "changes",
        changes=[encode_change(change) for change in page],
        db_version=db_version,
        is_last=is_last,
    )


def welcome(**values: Any) -> str:  # noqa: ANN401  # as JSON has them
    """The answer to a hello."""
    return _text("welcome", **values)


def ack(batch: str, db_version: int) -> str:
    """The batch is on the disk."""
    return _text("ack", batch=batch, db_version=db_version)


def refused(batch: str, error: CaptionAccError) -> str:
    """Nothing of the batch was taken."""
    return _text("refused", batch=batch, **_told(error))


def lease(told: Lease) -> str:
    """Who may write."""
    return _text("lease", lease=lease_value(told))


def transferred() -> str:
    """The same user writes elsewhere."""
    return _text("transferred")


def pong() -> str:
    """The answer to a ping."""
    return _text("pong")


def failure(error: CaptionAccError) -> str:
    """Why the connection ends."""
    return _text("error", **_told(error), fatal=True)


def close_code(error: CaptionAccError) -> int:
    """The WebSocket's close code for an error."""
    return next((code for kind, code in _CLOSE_CODES if isinstance(error, kind)), FAILED)


def lease_value(told: Lease) -> dict[str, Any]:
    """The lease as JSON has it."""
    holder = told.holder
    return {
        "may_write": told.may_write,
        "reason": told.reason,
        "holder": None
        if holder is None
        else {"kind": holder.kind, "name": None, "is_self": holder.is_self},
        "expires_at": None if told.expires_at is None else told.expires_at.isoformat(),
    }


def _told(error: CaptionAccError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "hint": error.hint}


def _text(kind: str, **values: Any) -> str:  # noqa: ANN401  # as JSON has them
    return json.dumps({"v": VERSION, "type": kind, **values}, ensure_ascii=False)
