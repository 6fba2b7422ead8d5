"""Sampled full frames: read as they come, stored in order of time when all are there."""

from __future__ import annotations

import logging
import threading
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
    from captionacc.media.sampling import SampledFrame
    from captionacc.model.geometry import OcrBox
    from captionacc.ocr.protocol import OcrEngine

_ALWAYS_FAILS: Final = 3
_log = logging.getLogger(__name__)


class FullFrames:
    """Collects frames in any order; pictures wait in the scratch folder, not in memory.

    Frames may be added by several threads.

    Attributes:
        space: The job's surroundings.
        failed_count: Frames that the engine failed on; they count as empty.
    """

    def __init__(self, space: Workspace, engine: OcrEngine) -> None:
        self.space = space
        self.failed_count = 0
        self._engine = engine
        self._texts: dict[float, tuple[OcrBox, ...]] = {}
        self._noting = threading.Lock()

    @property
    def read(self) -> list[FrameOcr]:
        """All frames so far in order of time, indexed from 0."""
        return [
            FrameOcr(index, pts_s, self._texts[pts_s])
            for index, pts_s in enumerate(sorted(self._texts))
        ]

    def add(self, sample: SampledFrame) -> None:
        """Read one frame; one of the same time is not read again.

        Raises:
            InternalError: the engine failed on each of the first frames.
        """
        pts_s, image = sample.pts_s, sample.image
        if pts_s in self._texts:
            return
        with write_failures("the sampled frames"):
            self._picture("full", pts_s).write_bytes(encode_jpeg(image))
            self._picture("thumbnail", pts_s).write_bytes(encode_jpeg(thumbnail(image)))
        boxes, error = self._try_to_read(image)
        with self._noting:
            self._texts[pts_s] = boxes
            self.failed_count += error is not None
            if self.failed_count == len(self._texts) >= _ALWAYS_FAILS:
                raise InternalError(f"The OCR engine fails on every frame: {error}") from error

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

    def _try_to_read(self, image: NDArray[np.uint8]) -> tuple[tuple[OcrBox, ...], Exception | None]:
        """The boxes, or none and what the engine raised."""
        try:
            return self._engine.read(image), None
        except CaptionAccError:
            raise
        except Exception as error:  # noqa: BLE001  # one strange frame must not cost the video
            _log.exception("a frame of shape %s could not be read", image.shape)
            return (), error
