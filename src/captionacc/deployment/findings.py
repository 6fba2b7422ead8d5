"""What a check of a deployment finds, and how checks depend on each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from captionacc.deployment.context import Context


class Verdict(StrEnum):
    """How an item is: as it should be, not as it should be, or not to be told."""

    OK = "ok"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one item.

    Attributes:
        item: Its name.
        verdict: How it is.
        detail: What was found, as a sentence.
        cure: What mends it: a command to type, or a setting to change; empty if it is well.
    """

    item: str
    verdict: Verdict
    detail: str
    cure: str = ""


class WrongError(Exception):
    """The item is not as it should be; carries what was found and what mends it."""

    def __init__(self, detail: str, cure: str) -> None:
        super().__init__(detail, cure)
        self.detail = detail
        self.cure = cure


class NotAskedError(Exception):
    """The item cannot be looked at from here; says why."""


@dataclass(frozen=True, slots=True)
class Check:
    """One item.

    Attributes:
        item: Its name.
        run: Returns what was found; raises ``WrongError``, ``NotAskedError`` or an error of ours.
        cure: What mends it where the error names nothing.
        needs: Items without which nothing can be told about this one.
    """

    item: str
    run: Callable[[Context], Awaitable[str]]
    cure: str
    needs: tuple[str, ...] = ()
