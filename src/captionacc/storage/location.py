"""Where a store is, as plain data that can travel with a job to another process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path  # noqa: TC003 -- pydantic reads the annotation at run time
from typing import TYPE_CHECKING, Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, Discriminator, RootModel, Tag

from captionacc.settings import get_settings
from captionacc.storage.access import S3Access, access_to
from captionacc.storage.local import LocalFolderStore
from captionacc.storage.s3 import S3Store

if TYPE_CHECKING:
    from captionacc.storage.store import ObjectStore


class LocalFolder(BaseModel):
    """A folder of this machine.

    Attributes:
        kind: ``local``.
        path: The folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["local"] = "local"
    path: Path


class S3Bucket(BaseModel):
    """A bucket of an S3 object store; the keys to it are in the settings of who opens it.

    Attributes:
        kind: ``s3``.
        bucket: Name of the bucket.
        endpoint: URL of the object store; AWS's own for the region if unset.
        region: Region that requests are signed for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["s3"] = "s3"
    bucket: str
    endpoint: str | None = None
    region: str = "us-east-1"


def _kind(value: object) -> str | None:
    if isinstance(value, Mapping):
        return cast("Mapping[str, str]", value).get("kind", "local")
    return getattr(value, "kind", None)


class StoreLocation(
    RootModel[
        Annotated[
            Annotated[LocalFolder, Tag("local")] | Annotated[S3Bucket, Tag("s3")],
            Discriminator(_kind),
        ]
    ]
):
    """Names one store: a folder, also written ``StoreLocation(path=...)``, or a bucket.

    Attributes:
        root: Which of the two, as ``kind`` tells.
    """

    model_config = ConfigDict(frozen=True)


def default_location() -> StoreLocation:
    """The bucket of the settings."""
    return StoreLocation(_default_bucket())


def default_access() -> S3Access:
    """The bucket of the settings with the keys that they hold.

    Raises:
        MissingDependencyError: they hold none.
    """
    return access_to(_default_bucket())


def open_store(location: StoreLocation) -> ObjectStore:
    """The store at ``location``.

    Raises:
        OutputNotWritableError: its folder cannot be made.
        MissingDependencyError: the settings hold no keys to its bucket.
    """
    match location.root:
        case LocalFolder(path=path):
            return LocalFolderStore(path)
        case S3Bucket() as bucket:
            return S3Store(access_to(bucket))


def _default_bucket() -> S3Bucket:
    settings = get_settings()
    return S3Bucket(
        bucket=settings.s3_bucket, endpoint=settings.s3_endpoint, region=settings.s3_region
    )
