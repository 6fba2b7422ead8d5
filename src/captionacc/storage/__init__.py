"""Object keys and the store."""

from captionacc.storage.keys import MODULO_LEVELS, VideoKeys, modulo_level
from captionacc.storage.local import LocalFolderStore
from captionacc.storage.location import (
    LocalFolder,
    S3Bucket,
    StoreLocation,
    default_location,
    open_store,
)
from captionacc.storage.s3 import S3Store
from captionacc.storage.store import ObjectInfo, ObjectStore

__all__ = [
    "MODULO_LEVELS",
    "LocalFolder",
    "LocalFolderStore",
    "ObjectInfo",
    "ObjectStore",
    "S3Bucket",
    "S3Store",
    "StoreLocation",
    "VideoKeys",
    "default_location",
    "modulo_level",
    "open_store",
]
