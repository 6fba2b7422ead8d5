"""Object keys and the store."""

from captionacc.storage.keys import MODULO_LEVELS, VideoKeys, modulo_level
from captionacc.storage.local import LocalFolderStore
from captionacc.storage.location import StoreLocation, open_store
from captionacc.storage.store import ObjectInfo, ObjectStore

__all__ = [
    "MODULO_LEVELS",
    "LocalFolderStore",
    "ObjectInfo",
    "ObjectStore",
    "StoreLocation",
    "VideoKeys",
    "modulo_level",
    "open_store",
]
