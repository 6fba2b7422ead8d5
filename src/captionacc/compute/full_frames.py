"""Sampled full frames: read as they come, stored in order of time when all are there."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from captionacc.errors import CaptionAccError, InternalError
from captionacc.media.images import encode_jpeg, thumbnail
from captionacc.model.results import FrameOcr
from captionacc.storage.failures import write_failures

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from captionacc.compute.workspace import Workspace
    from captionacc.model.geometry import OcrBox
    from captionacc.ocr.protocol import OcrEngine

_ALWAYS_FAILS: Final = 3
_log = logging.getLogger(__name__)


class FullFrames:
    """Collects frames in any order; pictures wait in the scratch folder, not in memory.

    Attributes:
        space: The job's surroundings.
        failed_count: Frames that the engine failed on; they count as empty.
    """

    def __init__(self, space: Workspace, engine: OcrEngine) -> None:
        self.space = space
        self.failed_count = 0
        self._engine = engine
        self._texts: dict[float, tuple[OcrBox, ...]] = {}

    @property
    def read(self) -> list[FrameOcr]:
        """All frames so far in order of time, indexed from 0."""
        return [
            FrameOcr(index, pts_s, self._texts[pts_s])
            for index, pts_s in enumerate(sorted(self._texts))
        ]

    def add(self, pts_s: float, image: NDArray[np.uint8]) -> None:
        """Read one frame, (H, W, 3) BGR; one of the same time is not read again.

        Raises:
            InternalError: the engine failed on each of the first frames.
        """
        if pts_s in self._texts:
            return
        with self.space.stage("store"), write_failures("the sampled frames"):
            self._picture("full", pts_s).write_bytes(encode_jpeg(image))
            self._picture("thumbnail", pts_s).write_bytes(encode_jpeg(thumbnail(image)))
        with self.space.stage("ocr"):
            self._texts[pts_s] = self._try_to_read(image)

    def store(self) -> tuple[str, ...]:
        """Put all pictures under their final indexes; returns the keys of their folders."""
        keys = self.space.keys
        for index, pts_s in enumerate(sorted(self._texts)):
            self._move("full", pts_s, keys.full_frame(index))
            self._move("thumbnail", pts_s, keys.thumbnail(index))
        return (f"{keys.full_frames_prefix}/", f"{keys.thumbnails_prefix}/")

    def _move(self, kind: str, pts_s: float, key: str) -> None:
        """Store a picture and drop its file, so that the disk never holds all of them twice."""
        picture = self._picture(kind, pts_s)
        self.space.store.put_file(key, picture)
        picture.unlink()

    def _picture(self, kind: str, pts_s: float) -> Path:
        return self.space.scratch / f"{kind}_{pts_s!r}.jpg"

    def _try_to_read(self, image: NDArray[np.uint8]) -> tuple[OcrBox, ...]:
        try:
            return self._engine.read(image)
        except CaptionAccError:
            raise
        except Exception as error:
            # One strange frame must not cost the video; an engine that always fails must be seen.
            _log.exception("a frame of shape %s could not be read", image.shape)
            self.failed_count += 1
            if self.failed_count == len(self._texts) + 1 >= _ALWAYS_FAILS:
                raise InternalError(f"The OCR engine fails on every frame: {error}") from error
            return ()
