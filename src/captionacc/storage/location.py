"""Where a store is, as plain data that can travel with a job to another process."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 -- pydantic reads the annotation at run time
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from captionacc.storage.local import LocalFolderStore

if TYPE_CHECKING:
    from captionacc.storage.store import ObjectStore


class StoreLocation(BaseModel):
    """Names one store.

    Attributes:
        kind: ``local``, a folder of this machine.
        path: That folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["local"] = "local"
    path: Path


def open_store(location: StoreLocation) -> ObjectStore:
    """The store at ``location``.

    Raises:
        OutputNotWritableError: its folder cannot be made.
    """
    return LocalFolderStore(location.path)
