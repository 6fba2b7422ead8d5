"""Crop frames in the store: written while the video is read, and read back chunk by chunk."""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from captionacc.errors import InternalError, StoreError
from captionacc.media.webm import FRAMES_PER_CHUNK, ChunkEncoder, decode_chunk
from captionacc.storage.keys import modulo_level

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray

    from captionacc.media.webm import Chunk
    from captionacc.storage.keys import VideoKeys
    from captionacc.storage.store import ObjectStore

SAMPLE_HZ: Final = 10.0
_WAITING_FRAMES: Final = 64
_POLL_S: Final = 0.1
_HELD_BYTES: Final = 128 << 20
"""Decoded chunks that a reader keeps, at least one whatever its size."""

_Item = tuple[int, "NDArray[np.uint8]"]


class CropManifest(BaseModel):
    """``manifest.json`` of a crop-frames version.

    Attributes:
        version: Its number.
        crop_region: Left, top, right, bottom, normalised in the display-oriented full frame.
        frame_count: Crop frames, at ``sample_hz``.
        width: Of a crop frame, in pixels.
        height: Of a crop frame, in pixels.
        pts_s: PTS of the native frame that each crop frame is, in seconds.
    """

    model_config = ConfigDict(frozen=True)

    version: int
    crop_region: tuple[float, float, float, float]
    sample_hz: float
    frame_count: int
    width: int
    height: int
    pts_s: tuple[float, ...]


class CropFrameWriter:
    """Encodes crop frames and stores their chunks, in a thread of its own.

    As a context manager it ends the thread; chunks are complete only after ``finish``. At most 64
    frames wait, then ``add`` does.
    """

    def __init__(self, store: ObjectStore, keys: VideoKeys, version: int) -> None:
        self._store = store
        self._keys = keys
        self._version = version
        self._waiting: queue.Queue[_Item | None] = queue.Queue(_WAITING_FRAMES)
        self._error: BaseException | None = None
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._encode, name="crop frames", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._abandoned.set()
        self._thread.join()

    def add(self, index: int, i420: NDArray[np.uint8]) -> None:
        """Take the next crop frame, (h * 3 // 2, w) uint8.

        Raises:
            CaptionAccError: an earlier frame could not be encoded or stored.
        """
        self._put((index, i420))

    def finish(self) -> None:
        """Wait until all frames are stored.

        Raises:
            CaptionAccError: some could not be encoded or stored.
        """
        self._put(None)
        while self._thread.is_alive():
            self._thread.join(_POLL_S)
        self._check()

    def _put(self, item: _Item | None) -> None:
        while True:
            self._check()
            try:
                self._waiting.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _encode(self) -> None:
        encoder = ChunkEncoder(self._store_chunk, SAMPLE_HZ)
        try:
            while (item := self._next()) is not None:
                encoder.add(*item)
            if not self._abandoned.is_set():
                encoder.finish()
        except Exception as error:  # noqa: BLE001  # the edge of the thread: raised in the other
            self._error = error

    def _next(self) -> _Item | None:
        while not self._abandoned.is_set():
            try:
                return self._waiting.get(timeout=_POLL_S)
            except queue.Empty:
                continue
        return None

    def _store_chunk(self, chunk: Chunk) -> None:
        key = self._keys.crop_chunk(self._version, chunk.modulo, chunk.first_index)
        self._store.put(key, chunk.data)


class CropFrameReader:
    """Reads single crop frames; asked for in rising order, it decodes each chunk about once.

    Holds the chunks decoded last, as many as fit.
    """

    def __init__(self, store: ObjectStore, keys: VideoKeys, version: int) -> None:
        self._store = store
        self._keys = keys
        self._version = version
        self._held: OrderedDict[tuple[int, int], list[NDArray[np.uint8]]] = OrderedDict()

    def manifest(self) -> CropManifest:
        """What the version holds.

        Raises:
            ObjectNotFoundError: there is no such version.
            StoreError: the manifest is damaged.
        """
        key = self._keys.crop_manifest(self._version)
        try:
            return CropManifest.model_validate_json(self._store.get(key))
        except ValidationError as error:
            raise StoreError(
                f"The manifest {key!r} is damaged.", "Extract the crop frames again."
            ) from error

    def frame(self, index: int) -> NDArray[np.uint8]:
        """Crop frame ``index`` as (h, w, 3) BGR.

        Raises:
            ObjectNotFoundError: its chunk is missing.
            NotAVideoError: its chunk is damaged.
        """
        level = modulo_level(index)
        ordinal = level_ordinal(index)
        first = level_index(level, ordinal // FRAMES_PER_CHUNK * FRAMES_PER_CHUNK)
        frames, place = self._chunk(level, first), ordinal % FRAMES_PER_CHUNK
        if place >= len(frames):
            raise InternalError(f"Crop frame {index} is missing in its chunk.")
        return frames[place]

    def _chunk(self, level: int, first: int) -> list[NDArray[np.uint8]]:
        frames = self._held.pop((level, first), None)
        if frames is None:
            data = self._store.get(self._keys.crop_chunk(self._version, level, first))
            frames = decode_chunk(data)
            size_bytes = sum(frame.nbytes for frame in frames)
            while self._held and (len(self._held) + 1) * size_bytes > _HELD_BYTES:
                self._held.popitem(last=False)
        self._held[level, first] = frames
        return frames


def level_ordinal(index: int) -> int:
    """How many crop frames of the same level come before ``index``."""
    level = modulo_level(index)
    if level == 16:  # noqa: PLR2004  # the coarsest level holds every 16th frame
        return index // level
    # A finer level holds three of every four of its multiples; the fourth is in a coarser one.
    return index // (4 * level) * 3 + index % (4 * level) // level - 1


def level_index(level: int, ordinal: int) -> int:
    """The crop frame that ``ordinal`` others of ``level`` come before."""
    if level == 16:  # noqa: PLR2004  # the coarsest level holds every 16th frame
        return ordinal * level
    return ordinal // 3 * 4 * level + (ordinal % 3 + 1) * level
