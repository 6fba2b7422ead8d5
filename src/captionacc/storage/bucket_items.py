"""What is set on the bucket, as ``deploy/s3/`` has it, and in what a bucket differs from that."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final, cast

import captionacc
from captionacc.errors import InternalError
from captionacc.storage.boto import boto_failures, error_code, s3_client

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from captionacc.storage.access import S3Access

_PACKAGE: Final = Path(captionacc.__file__).parent
_PLACES: Final = (_PACKAGE / "deploy" / "s3", _PACKAGE.parents[1] / "deploy" / "s3")
_UNSET: Final = {
    "NoSuchCORSConfiguration",
    "NoSuchLifecycleConfiguration",
    "NoSuchBucketPolicy",
}


@dataclass(frozen=True, slots=True)
class BucketItem:
    """One thing that can be set on a bucket.

    Attributes:
        name: Of the file in ``deploy/s3/``, and of the item.
        put: Sets it.
        get: What is set, in the file's form.
        needs_https: Whether it would lock out a store without encryption, such as one for tests.
    """

    name: str
    put: Callable[[Any, str, Any], object]
    get: Callable[[Any, str], Any]
    needs_https: bool = False

    @property
    def title(self) -> str:
        """What it is of the bucket."""
        return self.name.removeprefix("bucket-")


CORS: Final = BucketItem(
    "cors",
    lambda s3, bucket, wanted: s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=wanted),
    lambda s3, bucket: s3.get_bucket_cors(Bucket=bucket),
)
VERSIONING: Final = BucketItem(
    "versioning",
    lambda s3, bucket, wanted: s3.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration=wanted
    ),
    lambda s3, bucket: s3.get_bucket_versioning(Bucket=bucket),
)
LIFECYCLE: Final = BucketItem(
    "lifecycle",
    lambda s3, bucket, wanted: s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration=wanted
    ),
    lambda s3, bucket: s3.get_bucket_lifecycle_configuration(Bucket=bucket),
)
POLICY: Final = BucketItem(
    "bucket-policy",
    lambda s3, bucket, wanted: s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(wanted)),
    lambda s3, bucket: json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]),
    needs_https=True,
)
BUCKET_ITEMS: Final = (CORS, VERSIONING, LIFECYCLE, POLICY)


def difference(item: BucketItem, access: S3Access, origin: str) -> str | None:
    """In what the bucket differs from the file, as a sentence; ``None`` if in nothing.

    Raises:
        StoreError: the store refuses or does not answer.
    """
    found = _current(item, access)
    if found is None:
        return "It is not set."
    missing = _lacking(wanted(item, access, origin), found)
    return None if missing is None else f"It lacks {json.dumps(missing)}."


def applies(item: BucketItem, access: S3Access) -> bool:
    """Whether the item is for this store."""
    return not (item.needs_https and (access.endpoint or "https:").startswith("http:"))


def wanted(item: BucketItem, access: S3Access, origin: str) -> Any:  # noqa: ANN401  # JSON
    """The file's content for this bucket.

    Raises:
        InternalError: the installation lacks it.
    """
    for place in _PLACES:
        path = place / f"{item.name}.json"
        if path.exists():
            values = {"bucket": access.bucket, "origin": origin}
            return json.loads(Template(path.read_text(encoding="utf-8")).substitute(values))
    raise InternalError(f"The installation lacks deploy/s3/{item.name}.json.")


def _current(item: BucketItem, access: S3Access) -> Any:  # noqa: ANN401  # JSON
    client = s3_client(access)
    with boto_failures(access, f"Reading the {item.name} of the bucket {access.bucket!r}"):
        try:
            return item.get(client, access.bucket)
        except client.exceptions.ClientError as error:
            if error_code(error) in _UNSET:
                return None
            raise


def _lacking(wanted: Any, found: Any) -> Any:  # noqa: ANN401  # JSON
    """The first part of ``wanted`` that is not in ``found``, which may hold more."""
    if isinstance(wanted, dict):
        return _lacking_field(cast("Mapping[str, Any]", wanted), found)
    if isinstance(wanted, list):
        items = cast("list[Any]", wanted)
        return next((one for one in items if not _holds(found, one)), None)
    return None if wanted == found else wanted


def _lacking_field(wanted: Mapping[str, Any], found: Any) -> Any:  # noqa: ANN401  # JSON
    for name, value in wanted.items():
        if not isinstance(found, dict) or name not in found:
            return {name: value}
        missing = _lacking(value, found[name])
        if missing is not None:
            return {name: missing}
    return None


def _holds(found: Any, one: Any) -> bool:  # noqa: ANN401  # JSON
    if not isinstance(found, list):
        return False
    return any(_lacking(one, other) is None for other in cast("list[Any]", found))
